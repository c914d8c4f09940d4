"""Where the statements of a policy stand in its text, as the simulator tells it: from line and column, 1-based."""

import json
import re
from dataclasses import dataclass

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Span:
    """The first and the last character of a statement, each as (line, column)."""

    start: tuple[int, int]
    end: tuple[int, int]


def spans(text: str) -> list[Span]:
    """The place of each statement of a valid policy's ``text``, in their order."""
    at = _skip(text, 0) + 1
    while True:
        key, at = _DECODER.raw_decode(text, _skip(text, at))
        start = _skip(text, _skip(text, at) + 1)
        value, at = _DECODER.raw_decode(text, start)
        if key == "Statement":
            return [_span(text, first, past) for first, past in _items(text, start, at, value)]
        at = _skip(text, at) + 1


def _items(text: str, start: int, past: int, value: object) -> list[tuple[int, int]]:
    if not isinstance(value, list):
        return [(start, past)]
    found, at = [], start + 1
    for _ in value:
        first = _skip(text, at)
        _, end = _DECODER.raw_decode(text, first)
        found.append((first, end))
        at = _skip(text, end) + 1
    return found


def _span(text: str, first: int, past: int) -> Span:
    return Span(_place(text, first), _place(text, past - 1))


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
