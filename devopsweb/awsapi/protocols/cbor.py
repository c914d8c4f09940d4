"""Smithy's RPC v2 with CBOR: ``POST /service/<service>/operation/<operation>``."""

from collections.abc import Callable
from typing import Any

import cbor2

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Model, OperationModel, Shape
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols import scalars
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.sigv4 import SignedRequest

_DEEPEST = 64
_MOST_ITEMS = 300_000
_SMALL = 1 << 17
_HEADERS = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
_TAGS_OF_NOTE = [*range(44), 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799]
_TIMESTAMP = 1


def _refuse_tag(*_: Any) -> Any:
    raise Malformed("The request uses a CBOR tag that is not allowed here.")


# Only moments are tagged; other tags would unfold into regular expressions, shared references and the like.
_DECODERS: Any = {tag: _refuse_tag for tag in _TAGS_OF_NOTE if tag != _TIMESTAMP}


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters in ``body``. Raises ``Malformed``."""
    given = loads(body) if body else {}
    if not isinstance(given, dict):
        raise Malformed("The request must be a CBOR map.")
    return _read_structure(operation.input, given) if operation.input else {}


def loads(body: bytes) -> Any:
    """The CBOR in ``body``. Raises ``Malformed``; never more than a bounded amount of work or memory."""
    if len(body) > _SMALL:
        _count_items(body)
    try:
        return cbor2.loads(
            body,
            max_depth=_DEEPEST,
            semantic_decoders=_DECODERS,
            tag_hook=_refuse_tag,
            strict_hashable_types=True,
        )
    except (cbor2.CBORDecodeError, ValueError, OverflowError, TypeError, RecursionError):
        raise Malformed("The request is not valid CBOR.") from None


def _count_items(body: bytes) -> None:
    """Raise ``Malformed`` when there are too many items: an empty list takes one byte here, 56 in memory."""
    position, found, end = 0, 0, len(body)
    while position < end:
        kind, info = body[position] >> 5, body[position] & 31
        width = 1 << (info - 24) if 24 <= info <= 27 else 0
        value = int.from_bytes(body[position + 1 : position + 1 + width], "big") if width else info
        position += 1 + width
        if kind in (2, 3) and info != 31:
            position += value
        found += 1
        if found > _MOST_ITEMS:
            raise Malformed("The request has too many members.")


def _read_structure(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise scalars.mismatch(value, "structure")
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        given = value.get(name)
        if given is not None:
            found[name] = _READERS[member.type](member, given)
    if shape.is_union and len(found) != 1:
        raise Malformed("Unions must have exactly one member set.")
    return found


def _read_list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise scalars.mismatch(value, "list")
    element, reader = shape.element, _READERS[shape.element.type]
    return [None if item is None else reader(element, item) for item in value]


def _read_map(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise scalars.mismatch(value, "map")
    inner, reader = shape.value, _READERS[shape.value.type]
    return {scalars.string(key): None if item is None else reader(inner, item) for key, item in value.items()}


def _read_blob(shape: Shape, value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise scalars.mismatch(value, "blob")
    return value


_READERS: dict[str, Callable[[Shape, Any], Any]] = {
    **scalars.READERS,
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "blob": _read_blob,
}


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    body = cbor2.dumps(_write(operation.output, result)) if operation.output else b"\xa0"
    return Response(200, body, list(_HEADERS))


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error."""
    found = _write(fault.shape, fault.members_of_shape()) if fault.shape else {}
    if not {"message", "Message"} & set(found):
        found = {"message": fault.message, **found}
    return Response(fault.status, cbor2.dumps({"__type": fault.name, **found}), list(_HEADERS))


def _write(shape: Shape, value: Any) -> Any:
    if shape.type == "structure":
        return {
            name: _write(shape.members[name], given)
            for name, given in value.items()
            if given is not None and name in shape.members
        }
    if shape.type == "list":
        element = shape.element
        return [_write(element, item) for item in value]
    if shape.type == "map":
        inner = shape.value
        return {str(key): _write(inner, item) for key, item in value.items()}
    if shape.type == "timestamp":
        return cbor2.CBORTag(_TIMESTAMP, timestamps.epoch(value))
    return float(value) if shape.type in {"float", "double"} else value
