"""Two policy documents side by side, line by line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of either document; ``mark`` is ``+`` (new only), ``-`` (old only) or empty."""

    mark: str
    old: int | None
    new: int | None
    text: str


def compare(old: Any, new: Any) -> list[Line]:
    """Every line of both documents, those that differ marked."""
    return list(_lines(_text(old), _text(new)))


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    for word, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word == "equal":
            for place in range(b - a):
                yield Line("", a + place + 1, c + place + 1, old[a + place])
            continue
        for place in range(a, b):
            yield Line("-", place + 1, None, old[place])
        for place in range(c, d):
            yield Line("+", None, place + 1, new[place])


def _text(document: Any) -> list[str]:
    return json.dumps(document, indent=2, ensure_ascii=False).splitlines()
