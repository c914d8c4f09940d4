"""Reads events by time: a page of one stream from a cursor, or all streams of a group as one.

A stream whose lines are in order is read by line number; one into which clients put older events after newer
ones is sorted by time first. An event's identity is its time and its number, so a cursor stays where it is
while events are added.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.engine.batches import MOST_BYTES, OVERHEAD
from monitoring.logs.models import LogStream
from monitoring.logs.types import Line

AT_ONCE = 1000
MOST_SCANNED = 50_000
LAST = 1 << 53


@dataclass(frozen=True, order=True)
class Key:
    """An event's identity within its stream, in the order of reading."""

    at_ms: int
    number: int


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    key: Key
    line: Line

    @property
    def message(self) -> str:
        """The text; CloudWatch Logs knows no empty message."""
        return self.line.text or "\n"

    @property
    def ingested_ms(self) -> int:
        """When it came."""
        return self.line.ingested_ms or self.line.at_ms

    @property
    def size(self) -> int:
        """What it counts for in a page."""
        return len(self.line.text) + OVERHEAD


@dataclass(frozen=True)
class Range:
    """Times in [``start``, ``end``)."""

    start: int = 0
    end: int = LAST


def after(row: LogStream, times: Range, cursor: Key | None, limit: int) -> list[Event]:
    """The first events of ``times`` after ``cursor``, oldest first."""
    found: list[Event] = []
    size = 0
    for event in _from(row, times, cursor):
        size += event.size
        if len(found) == limit or (found and size > MOST_BYTES):
            break
        found.append(event)
    return found


def before(row: LogStream, times: Range, cursor: Key | None, limit: int) -> list[Event]:
    """The last events of ``times`` before ``cursor``, oldest first."""
    folder = files.place(str(row.uuid))
    keys: Sequence[Key] | range
    if row.is_ordered:
        low, high = _bounds(folder, times)
        keys = range(low, min(high, cursor.number) if cursor else high)

        def get(first: int, stop: int) -> list[Event]:
            return list(_lines(folder, low + first, low + stop))
    else:
        sorted_keys = _sorted_keys(folder, times)
        keys = sorted_keys[: bisect_left(sorted_keys, cursor)] if cursor else sorted_keys

        def get(first: int, stop: int) -> list[Event]:
            return _picked(folder, sorted_keys[first:stop])

    found: list[Event] = []
    size, stop, first = 0, len(keys), max(0, len(keys) - limit)
    while stop > first:
        start = max(first, stop - AT_ONCE)
        for event in reversed(get(start, stop)):
            size += event.size
            if found and size > MOST_BYTES:
                return found[::-1]
            found.append(event)
        stop = start
    return found[::-1]


def edges(row: LogStream, times: Range) -> tuple[Key, Key]:
    """Cursors before the first and after the last place of ``times``, where there are no events."""
    if not row.is_ordered:
        return Key(times.start - 1, LAST), Key(times.end, -1)
    _, high = _bounds(files.place(str(row.uuid)), times)
    return Key(0, high - 1), Key(0, high)


@dataclass(frozen=True)
class Place:
    """Where a look through a group's streams stands: the event scanned last."""

    at_ms: int
    stream: int
    number: int


@dataclass(frozen=True)
class Found:
    """Matching events with their streams, oldest first; ``place`` is set when there may be more."""

    events: list[tuple[LogStream, Event]]
    place: Place | None


def search(
    rows: Sequence[LogStream],
    times: Range,
    matches: Callable[[str], bool],
    *,
    place: Place | None,
    limit: int,
) -> Found:
    """The first matching events of all ``rows`` after ``place``; gives up a look that takes long, to go on later."""
    found: list[tuple[LogStream, Event]] = []
    size = 0
    last = place
    for scanned, (row, event) in enumerate(_merged(rows, times, place)):
        if len(found) == limit or scanned == MOST_SCANNED:
            return Found(found, last)
        if matches(event.line.text):
            size += event.size
            if found and size > MOST_BYTES:
                return Found(found, last)
            found.append((row, event))
        last = Place(event.key.at_ms, row.pk, event.key.number)
    return Found(found, None)


def _merged(
    rows: Sequence[LogStream], times: Range, place: Place | None
) -> Iterator[tuple[LogStream, Event]]:
    """Events of all streams by time; a stream's files are opened when its first event may be next."""
    waiting = sorted(
        (row for row in rows if _overlaps(row, times, place)), key=lambda row: (row.first_ms, row.pk)
    )
    waiting.reverse()
    heap: list[tuple[int, int, int, Event, LogStream, Iterator[Event]]] = []

    def push(row: LogStream, source: Iterator[Event]) -> None:
        event = next(source, None)
        if event is not None:
            heapq.heappush(heap, (event.key.at_ms, row.pk, event.key.number, event, row, source))

    while heap or waiting:
        while waiting and (not heap or waiting[-1].first_ms <= heap[0][0]):
            row = waiting.pop()
            push(row, _resumed(row, times, place))
        if heap:
            *_, event, row, source = heapq.heappop(heap)
            yield row, event
            push(row, source)


def _overlaps(row: LogStream, times: Range, place: Place | None) -> bool:
    begins = max(times.start, place.at_ms if place else 0)
    is_bounded = row.is_open or row.ended_at is not None
    return row.first_ms < times.end and not (is_bounded and row.last_ms < begins)


def _resumed(row: LogStream, times: Range, place: Place | None) -> Iterator[Event]:
    if place is None:
        return _from(row, times, None)
    known = (place.at_ms, place.stream, place.number)
    events = _from(row, Range(max(times.start, place.at_ms), times.end), None)
    return (event for event in events if (event.key.at_ms, row.pk, event.key.number) > known)


def _from(row: LogStream, times: Range, cursor: Key | None) -> Iterator[Event]:
    """Events of ``times`` after ``cursor``, oldest first."""
    folder = files.place(str(row.uuid))
    if row.is_ordered:
        low, high = _bounds(folder, times)
        yield from _lines(folder, max(low, cursor.number + 1) if cursor else low, high)
        return
    keys = _sorted_keys(folder, times)
    for start in range(bisect_right(keys, cursor) if cursor else 0, len(keys), AT_ONCE):
        yield from _picked(folder, keys[start : start + AT_ONCE])


def _bounds(folder: Path, times: Range) -> tuple[int, int]:
    low = files.first_from(folder, times.start) if times.start > 0 else 0
    high = files.extent(folder).lines if times.end >= LAST else files.first_from(folder, times.end)
    return low, max(low, high)


def _lines(folder: Path, start: int, stop: int) -> Iterator[Event]:
    """The lines from number ``start`` to before ``stop``."""
    while start < stop:
        block, _ = files.read(folder, start, min(AT_ONCE, stop - start))
        if not block.count:
            return
        for line in records.decode(block.data):
            yield Event(Key(line.at_ms, start), line)
            start += 1


def _sorted_keys(folder: Path, times: Range) -> list[Key]:
    found = []
    for block in files.chunks(folder):
        for number, record in enumerate(block.data.splitlines(), block.start):
            if times.start <= (at_ms := records.time_of(record)) < times.end:
                found.append(Key(at_ms, number))
    return sorted(found)


def _picked(folder: Path, keys: Sequence[Key]) -> list[Event]:
    """The events of ``keys``; neighbours are read together."""
    numbers = sorted(key.number for key in keys)
    held: dict[int, Event] = {}
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            for event in _lines(folder, numbers[start], numbers[place - 1] + 1):
                held[event.key.number] = event
            start = place
    return [held[key.number] for key in keys]
