"""Merges two versions of a text that stem from one: line by line, as ``git merge`` does. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True)
class Span:
    """Lines ``start`` (counted from 0) up to, but without, ``end``."""

    start: int
    end: int

    def of(self, lines: Sequence[bytes]) -> bytes:
        """Their text."""
        return b"".join(lines[self.start : self.end])


@dataclass(frozen=True)
class Change:
    """Lines of the base that one side replaced by lines of its own."""

    base: Span
    side: Span


@dataclass(frozen=True)
class Hunk:
    """A part of the three texts; unless it is a conflict, ``taken`` says whose lines are right."""

    base: Span
    source: Span
    destination: Span
    is_conflict: bool = False
    taken: str = "base"


@dataclass(frozen=True)
class Texts:
    """The lines of the three versions, with their ends."""

    base: list[bytes]
    source: list[bytes]
    destination: list[bytes]


def lines(text: bytes) -> list[bytes]:
    """The lines of ``text``, each with its newline; a carriage return alone ends none."""
    parts = [part + b"\n" for part in text.split(b"\n")]
    parts[-1] = parts[-1][:-1]
    return [part for part in parts if part]


def changes(patch: bytes) -> list[Change]:
    """The changes of a ``git diff -U0``."""
    found = []
    for match in _HUNK.finditer(patch):
        numbers = [int(group) if group else 1 for group in match.groups()]
        found.append(Change(_span(*numbers[:2]), _span(*numbers[2:])))
    return found


def _span(first: int, count: int) -> Span:
    """Of no lines git names the line before the gap."""
    start = first - 1 if count else first
    return Span(start, start + count)


def hunks(texts: Texts, source: Sequence[Change], destination: Sequence[Change]) -> list[Hunk]:
    """The three texts in parts, from the first line to the last; changes that touch are one part."""
    found: list[Hunk] = []
    done = Hunk(Span(0, 0), Span(0, 0), Span(0, 0))
    for theirs, ours in _groups(source, destination):
        start = min(change.base.start for change in (*theirs, *ours))
        end = max(change.base.end for change in (*theirs, *ours))
        length = start - done.base.end
        base = Span(start, end)
        source_lines = _side(theirs, base, done.source.end + length)
        own_lines = _side(ours, base, done.destination.end + length)
        found.append(_same(done, length))
        done = _judged(texts, Hunk(base, source_lines, own_lines), bool(theirs), bool(ours))
        found.append(done)
    found.append(_same(done, len(texts.base) - done.base.end))
    return [hunk for hunk in found if hunk.taken != "base" or hunk.base.start < hunk.base.end]


def _groups(
    source: Sequence[Change], destination: Sequence[Change]
) -> Iterator[tuple[list[Change], list[Change]]]:
    tagged = sorted(
        [(change, 0) for change in source] + [(change, 1) for change in destination],
        key=lambda item: (item[0].base.start, item[0].base.end),
    )
    group: tuple[list[Change], list[Change]] = ([], [])
    end = -1
    for change, side in tagged:
        if change.base.start > end and end >= 0:
            yield group
            group = ([], [])
        group[side].append(change)
        end = max(end, change.base.end)
    if any(group):
        yield group


def _side(group: Sequence[Change], base: Span, start: int) -> Span:
    """The lines of one side in a part of the base; ``start`` is where they begin."""
    growth = sum(
        (change.side.end - change.side.start) - (change.base.end - change.base.start) for change in group
    )
    return Span(start, start + (base.end - base.start) + growth)


def _same(before: Hunk, length: int) -> Hunk:
    """The ``length`` lines after ``before``, which nobody changed."""
    base, source, destination = (
        Span(span.end, span.end + length) for span in (before.base, before.source, before.destination)
    )
    return Hunk(base, source, destination)


def _judged(texts: Texts, hunk: Hunk, theirs: bool, ours: bool) -> Hunk:
    both = theirs and ours
    same = hunk.source.of(texts.source) == hunk.destination.of(texts.destination)
    taken = "source" if theirs else "destination"
    return Hunk(hunk.base, hunk.source, hunk.destination, both and not same, taken)


def merged(texts: Texts, parts: Sequence[Hunk], *, prefer: str = "") -> bytes | None:
    """The merged text; None when parts conflict, unless one side is to be preferred there."""
    if any(part.is_conflict for part in parts) and not prefer:
        return None
    text = []
    for part in parts:
        side = prefer if part.is_conflict else part.taken
        text.append(getattr(part, side).of(getattr(texts, side)))
    return b"".join(text)
