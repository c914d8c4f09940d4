"""Names, protocol lines and patches: pure, and steady against any input."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devopsweb.kernel.errors import Invalid
from repos.git.engine import chains, diffs, highlight, names, pktlines
from repos.git.types import RefChange

A, B = "a" * 40, "b" * 40


class TestReferenceNames:
    @pytest.mark.parametrize("name", ["main", "feature/x", "v1.0", "a@b", "ünï", "x" * 256, "release-1_2"])
    def test_that_git_and_aws_allow_pass(self, name):
        assert names.is_reference(name)

    @pytest.mark.parametrize(
        "name",
        ["", "/a", "a/", "a//b", ".a", "a/.b", "a..b", "a b", "a~", "a^", "a:b", "a?", "a*", "a[", "a\\b", "@",
         "a@{1}", "a.lock", "a.lock/b", "a.", "-a", A, "x" * 257, "a\nb", "a\x7f"],
    )  # fmt: skip
    def test_that_either_forbids_fail(self, name):
        assert not names.is_reference(name)

    @pytest.mark.parametrize(
        "name", ["main", "--all", "refs/", "refs/heads/a b", "refs/../x", "refs/heads/\n", "refs/x.lock"]
    )
    def test_in_full_that_are_none_fail(self, name):
        assert not names.is_full_reference(name)
        assert names.is_full_reference("refs/notes/commits")

    @given(st.text(max_size=40))
    @settings(max_examples=150, deadline=None)
    def test_that_pass_are_names_for_git_too(self, name):
        if names.is_reference(name):
            assert not set(name) & set(" ~^:?*[\\\x7f\0\n")
            assert ".." not in name
            assert not name.startswith("-")


def command(change: RefChange, capabilities: str = "") -> bytes:
    text = f"{change.before or names.ZERO} {change.after or names.ZERO} {change.name}"
    return pktlines.line(text.encode() + (b"\0 " + capabilities.encode() if capabilities else b""))


class TestCommandReader:
    CHANGES = (
        RefChange("refs/heads/main", "", A),
        RefChange("refs/tags/v1", A, ""),
        RefChange("refs/heads/x", A, B),
    )

    @given(st.integers(min_value=1, max_value=400))
    @settings(max_examples=40, deadline=None)
    def test_finds_the_commands_however_the_body_is_cut(self, size):
        body = command(self.CHANGES[0], "report-status side-band-64k") + b"".join(
            map(command, self.CHANGES[1:])
        )
        body += pktlines.FLUSH + b"PACK" + bytes(300)
        reader = pktlines.CommandReader()

        assert any(reader.feed(body[n : n + size]) for n in range(0, len(body), size))

        assert reader.commands().changes == self.CHANGES
        assert reader.commands().capabilities == {"report-status", "side-band-64k"}

    def test_skips_lines_about_shallow_commits(self):
        reader = pktlines.CommandReader()
        reader.feed(pktlines.line(b"shallow " + A.encode()) + command(self.CHANGES[0]) + pktlines.FLUSH)

        assert reader.commands().changes == self.CHANGES[:1]

    def test_refuses_more_references_than_the_quota(self):
        reader = pktlines.CommandReader()
        for number in range(4001):
            reader.feed(command(RefChange(f"refs/heads/b{number}", "", A)))
        reader.feed(pktlines.FLUSH)

        with pytest.raises(pktlines.ProtocolError, match="at most 4000"):
            reader.commands()

    @given(st.binary(max_size=300))
    @settings(max_examples=200, deadline=None)
    def test_answers_any_bytes_with_commands_or_a_named_error(self, data):
        reader = pktlines.CommandReader()
        with contextlib.suppress(Invalid):
            if reader.feed(data):
                assert len(reader.commands().changes) <= pktlines.MAX_COMMANDS


class TestChains:
    @staticmethod
    def moves(*pairs: str) -> list:
        return [(RefChange("refs/heads/main", *pair.split()), number) for number, pair in enumerate(pairs)]

    @pytest.mark.parametrize(
        ("pairs", "start", "goal", "taken"),
        [
            (["a b", "b c"], "a", "c", [0, 1]),
            (["b c", "a b"], "a", "c", [1, 0]),
            (["a b", "b a", "a c"], "a", "c", [2]),
            (["a b", "b c", "a c"], "a", "c", [2]),
            (["a b"], "a", "a", []),
            (["a b"], "b", "a", None),
            ([], "a", "b", None),
            (["a b", "b a"], "a", "c", None),
        ],
    )
    def test_lead_from_start_to_goal_by_the_fewest_moves(self, pairs, start, goal, taken):
        found = chains.path(self.moves(*pairs), start, goal)

        assert (found if found is None else [tag for _, tag in found]) == taken


class TestReportReader:
    REPORT = b"".join(
        pktlines.line(text)
        for text in (
            b"unpack ok\n",
            b"ok refs/heads/main\n",
            b"option refname x\n",
            b"ng refs/heads/x fetch first\n",
        )
    )

    @given(st.integers(min_value=1, max_value=80), st.integers(min_value=1, max_value=60))
    @settings(max_examples=60, deadline=None)
    def test_hears_each_verdict_however_the_answer_is_cut(self, band, piece):
        inner = self.REPORT + pktlines.FLUSH
        outer = pktlines.line(b"\x02Resolving deltas\n") + b"".join(
            pktlines.line(b"\x01" + inner[n : n + band]) for n in range(0, len(inner), band)
        )
        reader = pktlines.ReportReader(sideband=True)
        for n in range(0, len(outer), piece):
            reader.feed(outer[n : n + piece])

        assert reader.results == {"refs/heads/main": True, "refs/heads/x": False}
        assert reader.complete

    def test_of_half_an_answer_is_not_complete(self):
        reader = pktlines.ReportReader(sideband=False)
        reader.feed(self.REPORT)

        assert not reader.complete


class TestRefusal:
    def test_reads_back_as_a_report_of_which_nothing_is_ok(self):
        commands = pktlines.Commands(
            (RefChange("refs/heads/a", "", A), RefChange("refs/heads/b", "", A)),
            frozenset({"report-status", "side-band-64k"}),
        )
        reader = pktlines.ReportReader(sideband=True)
        reader.feed(pktlines.refusal(commands, {"refs/heads/a": "no"}, ["no"]))

        assert reader.results == {"refs/heads/a": False, "refs/heads/b": False}
        assert reader.complete


PATCH = """diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
--- a/old.py
+++ b/new.py
@@ -1,3 +1,3 @@ def f
 x = 1
-y = "<b>"
+y = "--- a"
 z = 3
@@ -10 +10,2 @@
+--- looks like a header
 end
\\ No newline at end of file
"""


class TestPatches:
    def test_give_lines_with_both_numbers(self):
        file = diffs.FileDiff("R", "new.py", "old.py", 2, 1)
        diffs.fill([file], PATCH, cut=False)

        first, second = file.hunks
        assert [(line.mark, line.old, line.new) for line in first.lines] == [
            (" ", 1, 1), ("-", 2, None), ("+", None, 2), (" ", 3, 3),
        ]  # fmt: skip
        assert "&lt;b&gt;" in first.lines[1].html
        assert [line.text for line in second.lines] == ["--- looks like a header", "end"]

    def test_that_are_cut_say_so_at_the_last_file(self):
        files = [diffs.FileDiff("M", "a", "a", 1, 1), diffs.FileDiff("M", "b", "b", 1, 1)]
        diffs.fill(files, PATCH, cut=True)

        assert [file.truncated for file in files] == [True, True]

    def test_summaries_read_renames_and_binary_files(self):
        fields = [b":100644 100644 1 2 R090", b"old", b"new", b":000000 100755 0 3 A", b"bin"]
        raw = b"\0".join([*fields, b"3\t1\t", b"old", b"new", b"-\t-\tbin", b""])
        renamed, added = diffs.summary(raw)

        assert (renamed.status, renamed.old_path, renamed.path, renamed.additions) == ("R", "old", "new", 3)
        assert (added.status, added.binary, added.path) == ("A", True, "bin")


class TestHighlighting:
    @given(st.text(max_size=200))
    @settings(max_examples=100, deadline=None)
    def test_keeps_every_line_and_lets_no_markup_through(self, text):
        lines = highlight.lines("x.py", text.replace("\r", ""))

        assert len(lines) == text.replace("\r", "").count("\n") + 1
        assert "<script" not in "".join(lines)

    def test_leaves_unknown_languages_plain(self):
        assert highlight.lines("x.unknown-kind", "a < b\nc") == ["a &lt; b", "c"]
