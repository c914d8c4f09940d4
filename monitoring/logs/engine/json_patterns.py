"""JSON filter patterns: ``{ $.a.b[0] = "x*" && ($.n >= 3 || $.gone NOT EXISTS) }``."""

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from monitoring.logs.errors import InvalidPattern

Condition = Callable[[Any], bool]
Step = str | int

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<mark>&&|\|\||[(){}])
    | (?P<path>\$(?:\.[\w*-]+|\.?\['[^']*'\]|\[(?:\d+|\*)\])+)
    | (?P<word>(?:IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)\b)
    | (?P<sign>!=|<=|>=|=|<|>)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<plain>[\w.*+:/-]+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_STEP = re.compile(r"\.([\w*-]+)|\.?\['([^']*)'\]|\[(\d+|\*)\]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
DEEPEST = 20
ANY = "*"


def parse(text: str) -> Condition:
    """The condition in braces. Raises ``InvalidPattern``."""
    reader = _Reader(list(_tokens(text)))
    reader.expect("{")
    condition = reader.either(0)
    reader.expect("}")
    if reader.tokens:
        raise InvalidPattern("Invalid filter pattern: something follows the closing brace.")
    return condition


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match or not match.lastgroup:
            raise InvalidPattern(f"Invalid filter pattern at character {position + 1}.")
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()


class _Reader:
    """Reads tokens: ``||`` of ``&&`` of conditions and parentheses."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def take(self, *kinds: str) -> tuple[str, str]:
        if not self.tokens or self.tokens[0][0] not in kinds:
            raise InvalidPattern("Invalid filter pattern: a condition is $.name, an operator and a value.")
        return self.tokens.pop(0)

    def expect(self, mark: str) -> None:
        if self.take("mark")[1] != mark:
            raise InvalidPattern(f"Invalid filter pattern: {mark} is missing.")

    def skip(self, mark: str) -> bool:
        if self.tokens and self.tokens[0] == ("mark", mark):
            self.tokens.pop(0)
            return True
        return False

    def either(self, depth: int) -> Condition:
        found = [self.both(depth)]
        while self.skip("||"):
            found.append(self.both(depth))
        return lambda value: any(one(value) for one in found)

    def both(self, depth: int) -> Condition:
        found = [self.single(depth)]
        while self.skip("&&"):
            found.append(self.single(depth))
        return lambda value: all(one(value) for one in found)

    def single(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise InvalidPattern("Invalid filter pattern: it is nested too deeply.")
        if self.skip("("):
            inner = self.either(depth + 1)
            self.expect(")")
            return inner
        steps = _steps(self.take("path")[1])
        kind, word = self.take("word", "sign")
        if kind == "word":
            return _told(steps, " ".join(word.upper().split()))
        return _compared(steps, word, *self.take("quoted", "plain"))


def _steps(path: str) -> list[Step]:
    found: list[Step] = []
    for name, quoted, index in _STEP.findall(path[1:]):
        found.append(int(index) if index.isdigit() else index or quoted or name)
    return found


def _values(value: Any, steps: list[Step]) -> Iterator[Any]:
    """What ``steps`` lead to; ``*`` leads to all of a list or object."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step == ANY and isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _values(one, rest)
    elif (isinstance(value, dict) and isinstance(step, str) and step in value) or (
        isinstance(value, list) and isinstance(step, int) and step < len(value)
    ):
        yield from _values(value[step], rest)  # type: ignore[index]  # told apart by the lines above


def _told(steps: list[Step], word: str) -> Condition:
    if word == "NOT EXISTS":
        return lambda value: next(_values(value, steps), _told) is _told
    wanted = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[word]
    return lambda value: any(one is wanted for one in _values(value, steps))


def _compared(steps: list[Step], sign: str, kind: str, given: str) -> Condition:
    number = float(given) if kind == "plain" and _NUMBER.fullmatch(given) else None
    if sign in _ORDER:
        if number is None:
            raise InvalidPattern(f"Invalid filter pattern: {sign} compares numbers.")
        limit, compare = number, _ORDER[sign]
        return lambda value: any(_is_number(one) and compare(one, limit) for one in _values(value, steps))
    text = re.sub(r"\\(.)", r"\1", given) if kind == "quoted" else given
    parts = text.split("*")

    def equal(one: Any) -> bool:
        if number is not None and _is_number(one):
            return bool(one == number)
        return isinstance(one, str | int | float) and not isinstance(one, bool) and _like(str(one), parts)

    if sign == "=":
        return lambda value: any(equal(one) for one in _values(value, steps))
    return lambda value: any(
        not equal(one) for one in _values(value, steps) if not isinstance(one, list | dict)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _like(text: str, parts: list[str]) -> bool:
    """Whether ``text`` has these parts in order, with anything between them; no backtracking."""
    if len(parts) == 1:
        return text == parts[0]
    if not text.startswith(parts[0]) or len(text) < len(parts[0]) + len(parts[-1]):
        return False
    position = len(parts[0])
    for part in parts[1:-1]:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return text.endswith(parts[-1]) and len(text) - len(parts[-1]) >= position
