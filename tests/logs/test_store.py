"""The store: appends once, survives kills, reads any range."""

import os
import shutil
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.logs import api
from monitoring.logs.adapters import files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.engine.records import MAX_LINE
from monitoring.logs.types import Line
from tests.logs.conftest import NOON, numbered, texts


class TestCreateStream:
    def test_gives_the_same_stream_for_the_same_name(self, stream):
        assert api.create_stream(group="/aws/codebuild/web", name="build-1", at=NOON) == stream

    @pytest.mark.parametrize(
        ("group", "name"), [("", "a"), ("a b", "a"), ("a", "x:y"), ("a", "*"), ("a", "")]
    )
    def test_refuses_names_that_cloudwatch_refuses(self, db, group, name):
        with pytest.raises(api.InvalidName):
            api.create_stream(group=group, name=name, at=NOON)

    def test_says_what_it_is(self, stream):
        info = api.info(stream)

        assert (info.group, info.name, info.total, info.ended) == ("/aws/codebuild/web", "build-1", 0, False)
        assert info.arn.endswith(":log-group:/aws/codebuild/web:log-stream:build-1")

    @pytest.mark.parametrize("bad", ["", "../../etc", "6b1f6f8e-0000-4000-8000-000000000000"])
    def test_unknown_streams_are_not_found(self, db, bad):
        with pytest.raises(api.StreamNotFound):
            api.info(bad)


class TestAppend:
    def test_stores_lines_in_order(self, stream):
        assert api.append(stream_id=stream, first=0, lines=numbered(0, 3)) == 3
        assert api.append(stream_id=stream, first=3, lines=numbered(3, 2)) == 5

        assert texts(stream) == [f"line {n}" for n in range(5)]

    def test_skips_what_a_retry_brings_again(self, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))

        assert api.append(stream_id=stream, first=1, lines=numbered(1, 4)) == 5
        assert api.append(stream_id=stream, first=0, lines=numbered(0, 2)) == 5

        assert texts(stream) == [f"line {n}" for n in range(5)]

    def test_refuses_a_gap(self, stream):
        with pytest.raises(api.LineGap):
            api.append(stream_id=stream, first=1, lines=numbered(1, 1))

    def test_rings_with_the_new_total(self, stream, rung):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))

        assert rung == [(stream, 3)]

    def test_refuses_lines_after_the_end_but_not_a_late_retry(self, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 2))
        api.close(stream_id=stream)

        assert api.append(stream_id=stream, first=0, lines=numbered(0, 2)) == 2
        with pytest.raises(api.StreamEnded):
            api.append(stream_id=stream, first=2, lines=numbered(2, 1))

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("a\nb", "a␊b"),
            ("end\n", "end"),
            ("n\0ul", "nul"),
            ("bell\x07 and \x1b[31mred", "bell\x07 and \x1b[31mred"),
            ("\u2028 \x85 \r", "\u2028 \x85 \r"),
            ("lone \ud800", "lone ?"),
        ],
    )
    def test_makes_text_safe_and_keeps_what_it_can(self, stream, given, stored):
        api.append(stream_id=stream, first=0, lines=[Line(1, given)])

        assert texts(stream) == [stored]

    def test_cuts_a_huge_line_and_says_so(self, stream):
        api.append(stream_id=stream, first=0, lines=[Line(1, "é" * MAX_LINE), Line(2, "next")])

        cut, after = texts(stream)
        assert cut.endswith(f"é … [line cut: {MAX_LINE:,} more bytes]")
        assert after == "next"


class TestClose:
    def test_ends_the_stream_and_writes_its_counts(self, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 7))

        api.close(stream_id=stream)
        api.close(stream_id=stream)

        assert (api.info(stream).ended, api.info(stream).total) == (True, 7)

    def test_ends_a_stream_that_never_had_a_line(self, stream):
        api.close(stream_id=stream)

        page = api.read(stream_id=stream, start=0, limit=10)
        assert (page.total, page.ended, list(page.lines)) == (0, True, [])


class TestAfterAKill:
    def test_a_torn_tail_is_unseen_and_cut_off(self, stream, folder):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))
        with (folder / "lines").open("ab") as file:
            file.write(b'[1003,"","half of a li')

        assert texts(stream) == ["line 0", "line 1", "line 2"]
        api.append(stream_id=stream, first=3, lines=numbered(3, 1))

        assert texts(stream) == ["line 0", "line 1", "line 2", "line 3"]

    @pytest.mark.parametrize("lost", ["index", "marks"])
    def test_a_lost_side_file_is_made_again(self, stream, folder, lost):
        lines = [Line(n, f"line {n}", "phase:BUILD" if n == 2 else "") for n in range(1000)]
        api.append(stream_id=stream, first=0, lines=lines[:200])
        os.truncate(folder / lost, 0)

        api.append(stream_id=stream, first=200, lines=lines[200:])

        assert texts(stream, 990, 3) == ["line 990", "line 991", "line 992"]
        assert [m.number for m in api.marks(stream_id=stream).marks] == [2]

    def test_an_index_beyond_the_lines_is_ignored_and_mended(self, stream, folder):
        api.append(stream_id=stream, first=0, lines=numbered(0, 1000))
        os.truncate(folder / "lines", 5000)

        total = api.info(stream).total
        assert texts(stream) == [f"line {n}" for n in range(total)]
        api.append(stream_id=stream, first=total, lines=numbered(total, 500))

        assert texts(stream, total + 400, 2) == [f"line {total + 400}", f"line {total + 401}"]

    def test_a_failed_write_leaves_whole_lines(self, stream, folder, monkeypatch):
        real = os.write

        def full(descriptor: int, data: bytes) -> int:
            monkeypatch.setattr(os, "write", broken)
            return real(descriptor, bytes(data)[:50])

        def broken(descriptor: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        with Appender(folder) as appender:
            monkeypatch.setattr(os, "write", full)
            with pytest.raises(api.StoreUnwritable, match="No space left"):
                appender.append(0, numbered(0, 10))
            monkeypatch.setattr(os, "write", real)

            assert appender.append(0, numbered(0, 10)) == 10

        assert texts(stream) == [f"line {n}" for n in range(10)]


class TestMarks:
    def test_tell_phases_and_the_first_line_of_each_failure(self, stream):
        marks = ["phase:BUILD", "command", "", "error", "error", "", "error", "phase-end:BUILD:FAILED"]
        api.append(stream_id=stream, first=0, lines=[Line(n, f"t{n}", m) for n, m in enumerate(marks)])

        page = api.marks(stream_id=stream)

        assert [(m.number, m.mark) for m in page.marks] == [
            (0, "phase:BUILD"), (3, "error"), (6, "error"), (7, "phase-end:BUILD:FAILED"),
        ]  # fmt: skip
        assert (page.total, page.last_ms) == (8, 7)

    def test_a_failure_that_spans_appends_counts_once(self, stream):
        for n in range(600):
            api.append(stream_id=stream, first=n, lines=[Line(n, "E", "error")])

        assert [m.number for m in api.marks(stream_id=stream).marks] == [0]


class TestReading:
    def test_finds_a_line_of_a_million_by_a_short_read(self, stream, folder, million, monkeypatch):
        shutil.copytree(million, folder, copy_function=os.link)
        seen: list[int] = []
        real = os.pread
        monkeypatch.setattr(os, "pread", lambda fd, size, at: seen.append(len(r := real(fd, size, at))) or r)

        costs = {}
        for start in (0, 500_000, 999_990):
            seen.clear()
            assert texts(stream, start, 10)[0] == f"line {start}"
            costs[start] = sum(seen)

        assert max(costs.values()) < 3 * files.CHUNK, costs

    def test_gives_lines_of_a_time(self, stream, folder):
        api.append(stream_id=stream, first=0, lines=numbered(0, 5000))

        found = files.line_at(folder, 1_000 + 3000)

        assert 3000 - files.STEP_LINES <= found <= 3000

    def test_counts_from_the_end(self, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 50))

        assert texts(stream, -3, 200) == ["line 47", "line 48", "line 49"]
        assert len(texts(stream, -300, 200)) == 50

    def test_gives_a_block_of_bounded_size(self, stream, monkeypatch):
        monkeypatch.setattr(files, "MAX_BLOCK", 1000)
        api.append(stream_id=stream, first=0, lines=numbered(0, 100))

        assert 10 < len(texts(stream, 0, 100)) < 100


class TestOneWriterAtATime:
    def test_writers_in_a_race_lose_and_double_nothing(self, stream, folder):
        def write() -> None:
            with Appender(folder) as appender:
                for n in range(300):
                    appender.append(n, numbered(n, 1))

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        seen = 0
        while any(thread.is_alive() for thread in threads):
            page = api.read(stream_id=stream, start=seen, limit=1000)
            assert [line.text for line in page.lines] == [f"line {seen + n}" for n in range(len(page.lines))]
            seen += len(page.lines)
        for thread in threads:
            thread.join()

        assert texts(stream) == [f"line {n}" for n in range(300)]


_TEXT = st.text(max_size=40) | st.sampled_from(
    ["x" * 70_000, "", "\x1b[31mred\x1b[0m", 'tab\tand\\slash"quote']
)


class TestAnyHistory:
    @given(
        steps=st.lists(
            st.tuples(st.lists(_TEXT, max_size=5), st.integers(0, 5), st.binary(max_size=30), st.booleans()),
            max_size=8,
        ),
        start=st.integers(0, 40),
        limit=st.integers(0, 40),
    )
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_equals_a_list(self, tmp_path_factory, steps, start, limit):
        folder = tmp_path_factory.mktemp("stream")
        model: list[str] = []
        for new, again, torn, lose_index in steps:
            if torn:
                with (folder / "lines").open("ab") as file:
                    file.write(torn.replace(b"\n", b""))
            if lose_index and (folder / "index").exists():
                os.truncate(folder / "index", os.path.getsize(folder / "index") // 2)
            again = min(again, len(model))
            lines = [Line(1, text) for text in model[len(model) - again :] + new]
            with Appender(folder) as appender:
                assert appender.append(len(model) - again, lines) == len(model) + len(new)
            model += [_stored(text) for text in new]

        block, reach = files.read(folder, start, limit)

        assert reach.lines == len(model)
        assert [line.text for line in files.records.decode(block.data)] == model[start : start + limit]


def _stored(text: str) -> str:
    text = text.rstrip("\n").replace("\n", "␊") if "\n" in text else text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


class TestOddLines:
    def test_do_not_hurt_the_stream(self, stream):
        odd = [
            Line(1 << 70, "far"),
            Line(-5, "before"),
            Line(7, "x", 'phase:"A\\B"\n'),
            Line(8, "y", "z" * 500),
        ]  # type: ignore[arg-type]
        api.append(stream_id=stream, first=0, lines=odd * 200)

        page = api.read(stream_id=stream, start=0, limit=4)
        assert [line.at_ms for line in page.lines[:2]] == [1 << 53, 0]
        assert page.lines[2].mark == "phase:_A_B__"
        assert page.total == 800
        assert len(api.marks(stream_id=stream).marks) == 200
