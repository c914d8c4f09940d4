"""Are the parameters within the constraints of the model? In AWS's words.

Required members, lengths, ranges, patterns and enumerations.
"""

from collections.abc import Callable, Iterator
from typing import Any

from devopsweb.awsapi import patterns
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Violation, Violations

_MOST = 10
_LONGEST_SHOWN = 1024
_LONGEST_MATCHED = 100_000

Found = Iterator[tuple[str, str]]


def check(shape: Shape | None, params: dict[str, Any]) -> None:
    """Raise ``Violations`` unless ``params`` satisfy the constraints of ``shape``."""
    if shape is None:
        return
    found: list[Violation] = []
    _structure(shape, params, "", "", found)
    if found:
        raise Violations(found[:_MOST])


def _structure(shape: Shape, value: Any, path: str, top: str, found: list[Violation]) -> None:
    if shape.is_document:
        return
    prefix = f"{path}." if path else ""
    for name in shape.required:
        if name not in value:
            where = f"{prefix}{_camel(name)}"
            found.append(
                Violation(
                    top or name, "null", f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
                )
            )  # fmt: skip
    members = shape.members
    for name, given in value.items():
        member = members[name]
        checker = _CHECKERS.get(member.type)
        if checker is not None:
            checker(member, given, f"{prefix}{_camel(name)}", top or name, found)
        if len(found) >= _MOST:
            return


def _list(shape: Shape, value: Any, path: str, top: str, found: list[Violation]) -> None:
    _report(shape, value, path, top, found, _length(shape, len(value)))
    element = shape.element
    checker = _CHECKERS.get(element.type)
    for number, item in enumerate(value, 1):
        if item is None:
            _report(
                shape,
                None,
                f"{path}.{number}.member",
                top,
                found,
                iter([("null", "Member must not be null")]),
            )
        elif checker is not None:
            checker(element, item, f"{path}.{number}.member", top, found)
        if len(found) >= _MOST:
            return


def _map(shape: Shape, value: Any, path: str, top: str, found: list[Violation]) -> None:
    _report(shape, value, path, top, found, _length(shape, len(value)))
    checker = _CHECKERS.get(shape.value.type)
    nested = shape.value.type in {"structure", "list", "map"}
    for key, item in value.items():
        _part(shape, value, path, top, found, "keys", list(_string_problems(shape.key, key)))
        if item is None:
            _part(shape, value, path, top, found, "value", [("null", "Member must not be null")])
        elif nested and checker is not None:
            checker(shape.value, item, f"{path}.{key[:100]}.member", top, found)
        elif problems := _PROBLEMS.get(shape.value.type):
            _part(shape, value, path, top, found, "value", list(problems(shape.value, item)))
        if len(found) >= _MOST:
            return


def _part(
    shape: Shape, value: Any, path: str, top: str, found: list[Violation], part: str, problems: list[tuple[str, str]]
) -> None:  # fmt: skip
    """AWS names all that is wrong with a key or a value in one sentence about the map."""
    if problems:
        sentences = ", ".join(sentence for _, sentence in problems)
        _report(
            shape, value, path, top, found, iter([(problems[0][0], f"Map {part} must satisfy constraint: [{sentences}]")])
        )  # fmt: skip


def _string_problems(shape: Shape, value: str) -> Found:
    yield from _length(shape, len(value))
    if shape.pattern and (len(value) > _LONGEST_MATCHED or not patterns.matches(shape.pattern, value)):
        yield "pattern", f"Member must satisfy regular expression pattern: {shape.pattern}"
    if shape.choices and value not in shape.choices:
        yield "enum", f"Member must satisfy enum value set: [{', '.join(shape.choices)}]"


def _number_problems(shape: Shape, value: float) -> Found:
    if shape.minimum is not None and value < shape.minimum:
        yield "range", f"Member must have value greater than or equal to {shape.minimum}"
    if shape.maximum is not None and value > shape.maximum:
        yield "range", f"Member must have value less than or equal to {shape.maximum}"


def _length(shape: Shape, length: int) -> Found:
    if shape.minimum is not None and length < shape.minimum:
        yield "length", f"Member must have length greater than or equal to {shape.minimum}"
    if shape.maximum is not None and length > shape.maximum:
        yield "length", f"Member must have length less than or equal to {shape.maximum}"


def _scalar(shape: Shape, value: Any, path: str, top: str, found: list[Violation]) -> None:
    if shape.minimum is None and shape.maximum is None and not shape.pattern and not shape.choices:
        return
    _report(shape, value, path, top, found, _PROBLEMS[shape.type](shape, value))


def _report(shape: Shape, value: Any, path: str, top: str, found: list[Violation], problems: Found) -> None:
    for kind, sentence in problems:
        shown = "" if shape.sensitive else f" {_shown(value)}"
        found.append(
            Violation(
                top,
                kind,
                f"Value{shown} at '{path}' failed to satisfy constraint: {sentence}",
                _innermost(path),
            )
        )


def _innermost(path: str) -> str:
    """``key`` of ``tags.2.member.key``; nothing when the path is but one name."""
    named, _, last = path.rpartition(".")
    return last if named and last != "member" else ""


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        text = "[" + ", ".join(str(item) for item in value[:100]) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key}={item}" for key, item in list(value.items())[:100]) + "}"
    elif isinstance(value, bytes):
        text = f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    else:
        text = str(value)
    return f"'{text[:_LONGEST_SHOWN]}'"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


_PROBLEMS: dict[str, Callable[[Shape, Any], Found]] = {
    "string": _string_problems,
    "integer": _number_problems,
    "long": _number_problems,
    "float": _number_problems,
    "double": _number_problems,
    "blob": lambda shape, value: _length(shape, len(value)),
}
_CHECKERS: dict[str, Callable[[Shape, Any, str, str, list[Violation]], None]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    **dict.fromkeys(_PROBLEMS, _scalar),
}
