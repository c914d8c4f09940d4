"""The writer: whole lines, masked, in small batches."""

import threading

import pytest

from monitoring.logs import api
from monitoring.logs.adapters import bell
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.errors import StoreUnwritable
from monitoring.logs.writer import BATCH_BYTES, MOST_WAITING
from tests.logs.conftest import numbered, texts


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands():
    return Clock()


@pytest.fixture
def writer(stream, hands):
    return api.Writer(stream, mask=lambda t: t.replace("hunter2", "***"), monotonic=hands, background=False)


class TestBatches:
    def test_wait_a_tenth_of_a_second(self, writer, hands, stream):
        writer.write("one")
        hands.now = 0.05
        writer.write("two")
        writer.tick()
        assert texts(stream) == []

        hands.now = 0.1
        writer.tick()

        assert texts(stream) == ["one", "two"]

    def test_leave_at_64_kilobytes(self, writer, stream):
        for _ in range(BATCH_BYTES // 1024):
            writer.write("x" * 1024)

        assert len(texts(stream)) == 64

    def test_leave_by_themselves_in_the_background(self, stream, monkeypatch):
        stored = threading.Event()
        monkeypatch.setattr(bell.RedisBell, "ring", lambda *_: stored.set())
        writer = api.Writer(stream, mask=str)

        writer.write("one")

        assert stored.wait(30)
        assert texts(stream) == ["one"]
        writer.close()

    def test_are_numbered(self, writer, stream):
        assert writer.write("zero") == 0
        assert writer.write("one\ntwo\n") == 1
        assert writer.write("three") == 3

    def test_continue_after_what_is_stored(self, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 5))

        writer = api.Writer(stream, mask=str, background=False)

        assert writer.write("five") == 5


class TestLines:
    def test_are_cut_at_line_feeds_only(self, writer, stream):
        writer.feed(b"one\r\ntw")
        writer.feed(b"o\x0c\n\nthree")
        writer.flush()

        assert texts(stream) == ["one", "two\x0c", ""]

    def test_that_are_half_wait_a_second(self, writer, hands, stream):
        writer.feed(b"Password: ")
        hands.now = 0.9
        writer.tick()
        assert writer.total == 0

        hands.now = 1.0
        writer.tick()
        writer.flush()

        assert texts(stream) == ["Password: "]

    def test_that_are_redrawn_count_in_their_last_state(self, writer, hands, stream):
        writer.feed(b"10%\r")
        hands.now = 2.0
        writer.tick()
        writer.feed(b"50%\r100%\n")
        writer.flush()

        assert texts(stream) == ["100%"]

    def test_shorter_redraws_leave_the_rest_as_terminals_do(self, writer, stream):
        writer.feed(b"loading...\rdone\n\x1b[2K10 of 10\r\x1b[2Kok\n")
        writer.flush()

        assert texts(stream) == ["doneing...", "\x1b[2Kok"]

    def test_keep_invalid_bytes_visible(self, writer, stream):
        writer.feed(b"caf\xe9 \xc3\xa9\n")
        writer.flush()

        assert texts(stream) == ["caf\ufffd é"]

    def test_of_endless_length_take_bounded_memory(self, writer, stream):
        for _ in range(40):
            writer.feed(b"y" * 65536)
        writer.feed(b"\nnext\n")
        writer.flush()

        first, second = texts(stream)
        assert "line cut" in first
        assert len(first) < 300_000
        assert second == "next"

    def test_that_tell_of_a_failure_are_marked(self, writer, stream):
        writer.feed(b"all good\nE       AssertionError: no\n")
        writer.flush()

        assert [m.number for m in api.marks(stream_id=stream).marks] == [1]

    def test_written_end_a_half_line(self, writer, stream):
        writer.feed(b"half")
        writer.write("heading", mark="phase:BUILD")
        writer.flush()

        assert texts(stream) == ["half", "heading"]


class TestSecrets:
    def test_never_reach_the_files(self, writer, folder):
        writer.write("the password is hunter2")
        writer.feed(b"hunt")
        writer.feed(b"er2\n")
        writer.close()

        assert b"hunter2" not in (folder / "lines").read_bytes()
        assert (folder / "lines").read_bytes().count(b"***") == 2


class TestClosing:
    def test_stores_the_rest_and_ends(self, writer, stream):
        writer.write("one")
        writer.feed(b"half")

        writer.close()
        writer.close()

        assert texts(stream) == ["one", "half"]
        assert api.info(stream).ended

    @pytest.mark.django_db(transaction=True)
    def test_stops_its_thread(self, stream):
        with api.Writer(stream, mask=str) as writer:
            writer.write("one")

        assert not any(t.name.startswith(f"log {stream[:8]}") for t in threading.enumerate())

    def test_refuses_lines_afterwards(self, writer):
        writer.close()

        with pytest.raises(api.WriterFenced):
            writer.write("late")


class TestTrouble:
    def test_a_full_disk_delays_lines(self, writer, hands, stream, monkeypatch):
        real = Appender.append
        monkeypatch.setattr(Appender, "append", _refuse)
        writer.write("one")
        hands.now = 0.2
        writer.tick()
        monkeypatch.setattr(Appender, "append", real)
        hands.now = 1.2
        writer.tick()

        assert texts(stream) == ["one"]

    def test_a_disk_that_stays_full_stops_the_program_before_memory_ends(self, writer, monkeypatch):
        monkeypatch.setattr(Appender, "append", _refuse)

        with pytest.raises(StoreUnwritable):
            writer.write("\n".join(["x" * 100_000] * (MOST_WAITING // 100_000 + 2)))

    def test_a_second_writer_fences_the_first(self, writer, stream):
        writer.write("mine")
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))

        with pytest.raises(api.WriterFenced):
            writer.flush()
        with pytest.raises(api.WriterFenced):
            writer.write("again")

    def test_a_closed_stream_stops_its_writer(self, writer, stream):
        writer.write("one")
        api.close(stream_id=stream)

        with pytest.raises(api.StreamEnded):
            writer.flush()


def _refuse(self, first, lines):
    raise StoreUnwritable("The log cannot be written: No space left on device.")
