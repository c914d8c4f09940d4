"""The files of one stream: how they are named, found and read; readers take no lock.

``lines``   the records, append-only; what ends with a line feed is stored, a torn tail is not
``index``   (line, offset, newest time) at least every 256 lines or 64 KB: lines by number and time
``marks``   phases and failures, one JSON array each; complete up to the last index entry
``ended``   present when the stream is closed

Written in the order lines, marks, index, so whatever a kill leaves out lies after the last
index entry and is found again by scanning that short rest.
"""

import json
import os
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from monitoring.logs.engine import records
from monitoring.logs.errors import StreamNotFound
from monitoring.logs.types import Mark

STEP_LINES = 256
STEP_BYTES = 64 * 1024
CHUNK = 1 << 18
MAX_BLOCK = 8 << 20
ENTRY = struct.Struct("<QQq")


class Entry(NamedTuple):
    """A point of the index: line ``line`` starts at byte ``offset``; no earlier line is younger than ``newest``."""

    line: int
    offset: int
    newest: int


START = Entry(0, 0, 0)


@dataclass(frozen=True)
class Extent:
    """How far a stream reaches: whole lines, and the byte after the last of them."""

    lines: int
    end: int


@dataclass(frozen=True)
class Block:
    """``count`` whole records from line ``start``, as they lie on disk."""

    start: int
    count: int
    data: bytes


def place(stream_id: str) -> Path:
    """The folder of a stream, existing or not."""
    try:
        name = str(uuid.UUID(stream_id))
    except ValueError:
        raise StreamNotFound(f"There is no log stream {stream_id[:64]!r}.") from None
    return Path(settings.DEVOPSWEB_HOME) / "logs-store" / name[:2] / name


def is_ended(folder: Path) -> bool:
    """Whether the stream is closed; ask before its extent, never after."""
    return (folder / "ended").exists()


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[int, int] | None]:
    opened: list[int] = []
    try:
        for name in ("lines", "index"):
            opened.append(os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC))
        yield opened[0], opened[1]
    except FileNotFoundError:
        if len(opened) == 2:
            raise
        yield None
    finally:
        for descriptor in opened:
            os.close(descriptor)


def entry_at(index: int, number: int) -> Entry:
    """Entry ``number`` of the index file; entry -1 is the beginning."""
    if number < 0:
        return START
    return Entry(*ENTRY.unpack(os.pread(index, ENTRY.size, number * ENTRY.size)))


def last_entry(lines: int, index: int) -> tuple[int, Entry]:
    """The last index entry that the lines file bears out, and its number."""
    size = os.fstat(lines).st_size
    number = os.fstat(index).st_size // ENTRY.size - 1
    while number >= 0:
        entry = entry_at(index, number)
        if entry.offset <= size and os.pread(lines, 1, entry.offset - 1) == b"\n":
            return number, entry
        number -= 1
    return -1, START


def _extent(lines: int, index: int) -> Extent:
    _, entry = last_entry(lines, index)
    count, end, position = entry.line, entry.offset, entry.offset
    while chunk := os.pread(lines, CHUNK, position):
        if feeds := chunk.count(b"\n"):
            count += feeds
            end = position + chunk.rindex(b"\n") + 1
        position += len(chunk)
    return Extent(count, end)


def extent(folder: Path) -> Extent:
    """How far the stream reaches now."""
    with _opened(folder) as files:
        return _extent(*files) if files else Extent(0, 0)


def _nearest(index: int, last: int, line: int) -> Entry:
    low, high = -1, last
    while low < high:
        middle = (low + high + 1) // 2
        if entry_at(index, middle).line <= line:
            low = middle
        else:
            high = middle - 1
    return entry_at(index, low)


def _offset(lines: int, index: int, last: int, line: int) -> int:
    """The byte at which line ``line`` (which exists, or is the next) starts."""
    entry = _nearest(index, last, line)
    position, missing = entry.offset, line - entry.line
    while missing:
        chunk = os.pread(lines, CHUNK, position)
        feeds = chunk.count(b"\n")
        if feeds < missing:
            missing -= feeds
            position += len(chunk)
            continue
        at = -1
        for _ in range(missing):
            at = chunk.index(b"\n", at + 1)
        return position + at + 1
    return position


def read(folder: Path, start: int, limit: int) -> tuple[Block, Extent]:
    """Up to ``limit`` records (and ``MAX_BLOCK`` bytes, but at least one) from line ``start``."""
    with _opened(folder) as files:
        if files is None:
            return Block(start, 0, b""), Extent(0, 0)
        lines, index = files
        reach = _extent(lines, index)
        stop = min(start + limit, reach.lines)
        if start >= stop:
            return Block(start, 0, b""), reach
        last, _ = last_entry(lines, index)
        begin = _offset(lines, index, last, start)
        end = reach.end if stop == reach.lines else _offset(lines, index, last, stop)
        return _block(lines, start, stop - start, begin, end), reach


def _block(lines: int, start: int, count: int, begin: int, end: int) -> Block:
    if end - begin <= MAX_BLOCK:
        return Block(start, count, os.pread(lines, end - begin, begin))
    data = os.pread(lines, MAX_BLOCK, begin)
    data = data[: data.rindex(b"\n") + 1]
    return Block(start, data.count(b"\n"), data)


def follow(folder: Path, offset: int) -> tuple[bytes, int]:
    """Whole records after byte ``offset`` (a line's start), and how many they are."""
    try:
        lines = os.open(folder / "lines", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", 0
    try:
        data = os.pread(lines, MAX_BLOCK, offset)
    finally:
        os.close(lines)
    data = data[: data.rfind(b"\n") + 1]
    return data, data.count(b"\n")


def chunks(folder: Path) -> Iterator[Block]:
    """The whole stream as it is now, in blocks of about ``CHUNK`` bytes."""
    reach = extent(folder)
    if not reach.lines:
        return
    with (folder / "lines").open("rb") as file:
        line = 0
        while (left := reach.end - file.tell()) > 0:
            data = file.read(min(CHUNK, left))
            if not data.endswith(b"\n"):
                data += file.readline()
            count = data.count(b"\n")
            yield Block(line, count, data)
            line += count


def line_at(folder: Path, at_ms: int) -> int:
    """A line near the first one that is not older than ``at_ms``, at or before it."""
    with _opened(folder) as files:
        if files is None:
            return 0
        lines, index = files
        low, high = -1, last_entry(lines, index)[0]
        while low < high:
            middle = (low + high + 1) // 2
            if entry_at(index, middle).newest < at_ms:
                low = middle
            else:
                high = middle - 1
        return entry_at(index, low).line


def first_from(folder: Path, at_ms: int) -> int:
    """The number of the first line that is not older than ``at_ms``, in a stream whose lines are in order."""
    number = line_at(folder, at_ms)
    while True:
        block, reach = read(folder, number, STEP_LINES)
        for record in block.data.splitlines():
            if records.time_of(record) >= at_ms:
                return number
            number += 1
        if not block.count:
            return reach.lines


def newest(folder: Path) -> int:
    """The time of the newest line; 0 without lines."""
    with _opened(folder) as files:
        if files is None:
            return 0
        lines, index = files
        _, entry = last_entry(lines, index)
        found, position, rest = entry.newest, entry.offset, b""
        while chunk := os.pread(lines, CHUNK, position + len(rest)):
            rest += chunk
        for record in rest[: rest.rfind(b"\n") + 1].splitlines():
            found = max(found, records.time_of(record))
        return found


def marks(folder: Path) -> tuple[list[Mark], Extent, int]:
    """All marks, the extent that they cover, and the time of its last line."""
    with _opened(folder) as files:
        if files is None:
            return [], Extent(0, 0), 0
        lines, index = files
        _, entry = last_entry(lines, index)
        found = [mark for mark in stored_marks(folder) if mark.number < entry.line]
        picker = MarkPicker(found, in_failure=in_failure(lines, entry))
        data, end = b"", entry.offset
        while chunk := os.pread(lines, CHUNK, entry.offset + len(data)):
            data += chunk
        data = data[: data.rfind(b"\n") + 1]
        number, last_ms = entry.line, entry.newest
        for record in data.splitlines():
            picker.see(number, record)
            last_ms = records.time_of(record)
            number += 1
        return picker.marks, Extent(number, end + len(data)), last_ms


def in_failure(lines: int, entry: Entry) -> bool:
    """Whether the line before ``entry`` is part of a failure."""
    if not entry.offset:
        return False
    begin, size = entry.offset - 1, 4096
    while True:
        begin = max(0, entry.offset - 1 - size)
        before = os.pread(lines, entry.offset - 1 - begin, begin)
        start = before.rfind(b"\n") + 1
        if start or not begin:
            return records.mark_of(before[start:]) == "error"
        size *= 16


def stored_marks(folder: Path) -> list[Mark]:
    """What the marks file holds, up to its last whole line."""
    with suppress(FileNotFoundError):
        data = (folder / "marks").read_bytes()
        return [Mark(*json.loads(row)) for row in data[: data.rfind(b"\n") + 1].splitlines()]
    return []


class MarkPicker:
    """Chooses which records become marks: phases, and the first line of each failure."""

    MOST_FAILURES = 1000

    def __init__(self, marks: list[Mark], *, in_failure: bool) -> None:
        self.marks = marks
        self.in_failure = in_failure
        self._failures = sum(mark.mark == "error" for mark in marks)

    def see(self, number: int, record: bytes) -> Mark | None:
        """The mark that this record makes, if any."""
        mark = records.mark_of(record)
        began = mark == "error" and not self.in_failure
        self.in_failure = mark == "error"
        if began:
            self._failures += 1
        if not mark.startswith("phase") and not (began and self._failures <= self.MOST_FAILURES):
            return None
        line = records.decode(record)[0]
        found = Mark(number, line.at_ms, mark, line.text[:200])
        self.marks.append(found)
        return found
