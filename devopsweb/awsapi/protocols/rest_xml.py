"""REST with XML bodies."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Model, OperationModel, Shape
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols import rest, scalars
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.protocols.query import details
from devopsweb.awsapi.protocols.xml_values import Writer, text
from devopsweb.awsapi.sigv4 import SignedRequest

_XML = "application/xml"
_MOST_ELEMENTS = 100_000
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters of ``request``. Raises ``Malformed``."""
    return rest.parameters(operation, request, _read, body)


def _read(shape: Shape, body: bytes) -> Any:
    if not body.strip():
        return {}
    if body.count(b"<") > _MOST_ELEMENTS:
        raise Malformed("The request has too many members.")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Malformed("The request is not valid XML.") from None
    return _value(shape, root)


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _named(element: Element, name: str) -> list[Element]:
    return [child for child in element if _tag(child) == name]


def _structure(shape: Shape, element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire = member.location_name or name
        if member.location:
            continue
        if member.traits.get("xmlAttribute"):
            given = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            wire = wire.rpartition(":")[2]
            if wire in given:
                found[name] = _scalar(member, given[wire])
        elif member.flattened and member.type == "list":
            if children := _named(element, member.element.location_name or wire):
                found[name] = [_value(member.element, child) for child in children]
        elif member.flattened and member.type == "map":
            if children := _named(element, wire):
                found[name] = _entries(member, children)
        elif children := _named(element, wire):
            found[name] = _value(member, children[-1])
    if shape.is_union and len(found) != 1:
        raise Malformed("Unions must have exactly one member set.")
    return found


def _value(shape: Shape, element: Element) -> Any:
    if shape.type == "structure":
        return _structure(shape, element)
    if shape.type == "list":
        wire = shape.element.location_name or "member"
        return [_value(shape.element, child) for child in _named(element, wire)]
    if shape.type == "map":
        return _entries(shape, _named(element, "entry"))
    if len(element):
        raise Malformed("Start of structure or map found where not expected.")
    return _scalar(shape, element.text or "")


def _entries(shape: Shape, entries: list[Element]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        keys = _named(entry, shape.key.location_name or "key")
        values = _named(entry, shape.value.location_name or "value")
        if not keys or not values:
            raise Malformed("A map's entry has no key or no value.")
        found[scalars.string(keys[0].text or "")] = _value(shape.value, values[0])
    return found


def _scalar(shape: Shape, value: str) -> Any:
    if shape.type == "timestamp":
        return timestamps.parse(value)
    return scalars.of_text(value, shape.type)


def _write(shape: Shape, value: Any) -> bytes:
    writer = Writer()
    writer.element(shape.location_name or shape.name, shape, value)
    return _DECLARATION.encode() + writer.body()


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    return rest.response(operation, result, _write, _XML)


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error; S3 leaves out the element around it."""
    inner = f"<Code>{text(fault.query_code)}</Code><Message>{text(fault.message)}</Message>{details(fault)}"
    number = f"<RequestId>{request_id}</RequestId>"
    if model is not None and model.service in {"s3", "s3control"}:
        body = f"<Error>{inner}{number}</Error>"
    else:
        body = f"<ErrorResponse><Error><Type>{fault.type}</Type>{inner}</Error>{number}</ErrorResponse>"
    return Response(fault.status, (_DECLARATION + body).encode(), [("content-type", _XML)])
