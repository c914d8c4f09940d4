"""Merging texts line by line: held against ``git merge-file`` on texts at random."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from repos.git.engine import merging
from repos.git.engine.merging import Texts

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=7)


def patch(folder: Path, old: bytes, new: bytes) -> bytes:
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)
    command = ["git", "diff", "--no-index", "-U0", "--text", "--no-color", "old", "new"]
    return subprocess.run(command, cwd=folder, capture_output=True).stdout


def ours(folder: Path, base: bytes, source: bytes, destination: bytes, prefer: str = "") -> bytes | None:
    texts = Texts(*(merging.lines(text) for text in (base, source, destination)))
    parts = merging.hunks(
        texts,
        merging.changes(patch(folder, base, source)),
        merging.changes(patch(folder, base, destination)),
    )
    return merging.merged(texts, parts, prefer=prefer)


def gits(folder: Path, base: bytes, source: bytes, destination: bytes, *options: str) -> bytes | None:
    for name, text in (("base", base), ("source", source), ("destination", destination)):
        (folder / name).write_bytes(text)
    command = ["git", "merge-file", "-p", *options, "source", "base", "destination"]
    done = subprocess.run(command, cwd=folder, capture_output=True)
    return done.stdout if done.returncode == 0 else None


class TestMerging:
    @pytest.mark.parametrize(
        ("base", "source", "destination", "expected"),
        [
            (b"1\n2\n3\n", b"1\n2\n3\n4\n", b"0\n1\n2\n3\n", b"0\n1\n2\n3\n4\n"),
            (b"1\n2\n3\n", b"1\nx\n3\n", b"1\ny\n3\n", None),
            (b"1\n2\n3\n", b"1\nx\n3\n", b"1\nx\n3\n", b"1\nx\n3\n"),
            (b"1\n2\n3\n", b"x\n2\n3\n", b"1\ny\n3\n", None),
            (b"1\n2\n3\n4\n", b"x\n2\n3\n4\n", b"1\n2\n3\n", b"x\n2\n3\n"),
            (b"", b"a\n", b"b\n", None),
            (b"a", b"a\n", b"a", b"a\n"),
            (b"a\rb\n", b"a\rb\nc\n", b"a\rb\n", b"a\rb\nc\n"),
        ],
    )
    def test_takes_each_sides_changes(self, tmp_path, base, source, destination, expected):
        assert ours(tmp_path, base, source, destination) == expected

    @given(base=LINES, source=LINES, destination=LINES)
    @example(base=[b"a\n", b"b\n"], source=[b"b\n"], destination=[b"a\n", b"c\n", b"b\n"])
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_agrees_with_git(self, tmp_path, base, source, destination):
        three = [b"".join(lines) for lines in (base, source, destination)]

        assert ours(tmp_path, *three) == gits(tmp_path, *three)

    @given(base=LINES, source=LINES, destination=LINES)
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_covers_every_line_of_every_side(self, tmp_path, base, source, destination):
        texts = Texts(base, source, destination)
        three = [b"".join(lines) for lines in (base, source, destination)]
        parts = merging.hunks(
            texts,
            merging.changes(patch(tmp_path, three[0], three[1])),
            merging.changes(patch(tmp_path, three[0], three[2])),
        )

        for name, text in zip(("base", "source", "destination"), three, strict=True):
            assert b"".join(getattr(part, name).of(getattr(texts, name)) for part in parts) == text
