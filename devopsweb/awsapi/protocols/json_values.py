"""JSON to parameters and results to JSON, along the shapes of a model."""

import base64
import json
from collections.abc import Callable
from typing import Any

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Malformed
from devopsweb.awsapi.protocols import scalars

_STRUCTURE_LIMIT = 600_000


def loads(body: bytes) -> Any:
    """The JSON in ``body``. Raises ``Malformed``; never more than a bounded amount of work or memory."""
    if body.count(b"{") + body.count(b"[") + body.count(b":") > _STRUCTURE_LIMIT:
        raise Malformed("The request has too many members.")
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed("The request is nested too deeply.") from None
    except ValueError:
        raise Malformed("The request is not valid JSON.") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def read(shape: Shape, value: Any) -> Any:
    """The parameter that ``value`` writes down. Raises ``Malformed``."""
    return _READERS[shape.type](shape, value)


def _read_structure(shape: Shape, value: Any) -> dict[str, Any]:
    if shape.is_document:
        document: dict[str, Any] = value
        return document
    if not isinstance(value, dict):
        raise scalars.mismatch(value, "structure")
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        given = value.get(member.location_name or name)
        if given is not None:
            found[name] = _READERS[member.type](member, given)
    if shape.is_union and len(found) != 1:
        raise Malformed("Unions must have exactly one member set.")
    return found


def _read_list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise (
            Malformed("Expected list or null") if not isinstance(value, dict) else scalars.mismatch(value, "")
        )
    element, reader = shape.element, _READERS[shape.element.type]
    return [None if item is None else reader(element, item) for item in value]


def _read_map(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise (
            Malformed("Expected map or null") if not isinstance(value, list) else scalars.mismatch(value, "")
        )
    inner, reader = shape.value, _READERS[shape.value.type]
    return {scalars.string(key): None if item is None else reader(inner, item) for key, item in value.items()}


_READERS: dict[str, Callable[[Shape, Any], Any]] = {
    **scalars.READERS,
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "blob": lambda shape, value: scalars.blob(value),
}


def dumps(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def write(shape: Shape, value: Any) -> Any:
    """``value`` as JSON's own types."""
    return _WRITERS[shape.type](shape, value)


def _write_structure(shape: Shape, value: Any) -> Any:
    if shape.is_document:
        return value
    members = shape.members
    found: dict[str, Any] = {}
    for name, given in value.items():
        member = members.get(name)
        if given is not None and member is not None:
            found[member.location_name or name] = _WRITERS[member.type](member, given)
    return found


def _write_list(shape: Shape, value: Any) -> list[Any]:
    element, writer = shape.element, _WRITERS[shape.element.type]
    return [writer(element, item) for item in value]


def _write_map(shape: Shape, value: Any) -> dict[str, Any]:
    inner, writer = shape.value, _WRITERS[shape.value.type]
    return {str(key): writer(inner, item) for key, item in value.items()}


_WRITERS: dict[str, Callable[[Shape, Any], Any]] = {
    "structure": _write_structure,
    "list": _write_list,
    "map": _write_map,
    "string": lambda shape, value: value,
    "character": lambda shape, value: value,
    "integer": lambda shape, value: value,
    "long": lambda shape, value: value,
    "float": lambda shape, value: scalars.number(value),
    "double": lambda shape, value: scalars.number(value),
    "boolean": lambda shape, value: value,
    "timestamp": lambda shape, value: timestamps.write(
        value, shape.traits.get("timestampFormat", "unixTimestamp")
    ),
    "blob": lambda shape, value: base64.b64encode(value).decode(),
}
