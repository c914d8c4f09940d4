"""What the REST protocols share: routes by method and path, members outside the body."""

import base64
import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Model, OperationModel, Shape
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols import json_values, scalars
from devopsweb.awsapi.sigv4 import SignedRequest

ReadBody = Callable[[Shape, bytes], Any]
WriteBody = Callable[[Shape, Any], bytes]

_LABEL = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """How one operation is addressed; ``fixed`` are the query parameters that name it."""

    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    fixed: frozenset[tuple[str, str]]
    operation: str
    weight: tuple[int, int]


@lru_cache(maxsize=64)
def routes(model: Model) -> tuple[Route, ...]:
    """Every operation's route, the most particular first."""
    found = [_route(model, name) for name in model.names]
    return tuple(sorted(found, key=lambda route: route.weight, reverse=True))


def route(model: Model, method: str, raw_path: str, raw_query: str) -> str:
    """The name of the operation that is addressed; empty when there is none."""
    try:
        given = set(parse_qsl(raw_query, keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        return ""
    names = {name for name, _ in given}
    for candidate in routes(model):
        if candidate.method != method or not candidate.path.fullmatch(raw_path):
            continue
        if all((name, value) in given or (not value and name in names) for name, value in candidate.fixed):
            return candidate.operation
    return ""


def labels(model: Model, operation: str, raw_path: str) -> dict[str, str]:
    """The parts of the path that are parameters, by their names on the wire."""
    one = next(one for one in routes(model) if one.operation == operation)
    found = one.path.fullmatch(raw_path)
    return (
        {name: _utf8(unquote_to_bytes(found[number])) for number, name in enumerate(one.labels, 1)}
        if found
        else {}
    )


def _route(model: Model, name: str) -> Route:
    http = model.http(name)
    path, _, query = http.get("requestUri", "/").partition("?")
    pattern, wire, position = "", [], 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[position : label.start()]) + (r"(.+)" if label[2] else r"([^/]+)")
        wire.append(label[1])
        position = label.end()
    pattern += re.escape(path[position:])
    fixed = frozenset(parse_qsl(query, keep_blank_values=True))
    literal = len(_LABEL.sub("", path))
    method = http.get("method", "POST")
    return Route(method, re.compile(pattern), tuple(wire), fixed, name, (literal, len(fixed)))


def parameters(
    operation: OperationModel, request: SignedRequest, read_body: ReadBody, body: bytes
) -> dict[str, Any]:
    """The parameters in path, query, headers and body. Raises ``Malformed``."""
    shape = operation.input
    if shape is None:
        return {}
    if shape.payload:
        found = _payload(shape, read_body, body)
    else:
        found = (
            read_body(shape, body) if any(not member.location for member in shape.members.values()) else {}
        )
    in_path = labels(operation.model, operation.name, request.raw_path)
    in_query = _query(request)
    for name, member in shape.members.items():
        value = _located(member, name, in_path, in_query, request)
        if value is not None:
            found[name] = value
    return found


def _payload(shape: Shape, read_body: ReadBody, body: bytes) -> dict[str, Any]:
    member = shape.members[shape.payload]
    if member.type == "blob":
        return {shape.payload: body} if body or member.traits.get("streaming") else {}
    if not body:
        return {}
    if member.type == "string":
        return {shape.payload: _utf8(body)}
    return {shape.payload: read_body(member, body)}


def _utf8(body: bytes) -> str:
    try:
        return scalars.string(body.decode())
    except UnicodeDecodeError:
        raise Malformed("The request is not UTF-8.") from None


def _query(request: SignedRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query:
        found.setdefault(_utf8(name), []).append(_utf8(value))
    return found


def _located(
    shape: Shape, name: str, in_path: dict[str, str], in_query: dict[str, list[str]], request: SignedRequest
) -> Any:  # fmt: skip
    wire = shape.location_name or name
    if shape.location == "uri":
        return _scalar(shape, in_path[wire], "iso8601") if wire in in_path else None
    if shape.location == "querystring":
        return _of_query(shape, wire, in_query)
    if shape.location == "header":
        values = request.values(wire.lower())
        return _of_header(shape, ",".join(values)) if values else None
    if shape.location == "headers":
        prefix = shape.location_name.lower()
        given = {key[len(prefix) :]: value for key, value in request.headers if key.startswith(prefix)}
        return {key: scalars.string(value) for key, value in given.items() if key} or None
    return None


def _of_query(shape: Shape, wire: str, in_query: dict[str, list[str]]) -> Any:
    if shape.type == "map":
        if shape.value.type == "list":
            return dict(in_query) or None
        return {name: values[-1] for name, values in in_query.items()} or None
    if wire not in in_query:
        return None
    if shape.type == "list":
        return [_scalar(shape.element, value, "iso8601") for value in in_query[wire]]
    return _scalar(shape, in_query[wire][-1], "iso8601")


def _of_header(shape: Shape, value: str) -> Any:
    if shape.traits.get("jsonvalue"):
        return json_values.loads(scalars.blob(value))
    if shape.type == "list":
        return [
            _scalar(shape.element, item, "rfc822")
            for item in next(csv.reader([value], skipinitialspace=True))
        ]
    return _scalar(shape, value, "rfc822")


def _scalar(shape: Shape, value: str, timestamp: str) -> Any:
    if shape.type == "timestamp":
        return timestamps.parse(value)
    return scalars.of_text(value, shape.type)


def response(operation: OperationModel, result: dict[str, Any], write_body: WriteBody, kind: str) -> Response:
    """A success: status, headers and body from where the shape puts them; ``kind`` is the content type."""
    shape = operation.output
    status = int(operation.http.get("responseCode", 200))
    if shape is None:
        return Response(status, b"", [])
    found = Response(status, b"", located_headers(shape, result))
    for name, member in shape.members.items():
        if member.location == "statusCode" and result.get(name) is not None:
            found.status = int(result[name])
    if shape.payload:
        member, value = shape.members[shape.payload], result.get(shape.payload)
        if member.type in {"blob", "string"}:
            found.body = value.encode() if isinstance(value, str) else value or b""
            kind = "application/octet-stream" if member.type == "blob" else "text/plain"
        elif value is not None:
            found.body = write_body(member, value)
    elif any(not member.location for member in shape.members.values()):
        found.body = write_body(shape, in_body(shape, result))
    if not any(
        (member.location_name or name).lower() == "content-type" for name, member in shape.members.items()
    ):
        found.headers.append(("content-type", kind))
    return found


def in_body(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    """The members that travel in the body."""
    return {
        name: item
        for name, item in value.items()
        if name in shape.members and not shape.members[name].location
    }


def located_headers(shape: Shape, value: dict[str, Any]) -> list[tuple[str, str]]:
    """The members that travel as headers."""
    found: list[tuple[str, str]] = []
    for name, member in shape.members.items():
        given = value.get(name)
        if given is None:
            continue
        if member.location == "header":
            found.append(((member.location_name or name).lower(), _header(member, given)))
        elif member.location == "headers":
            found += [
                (f"{member.location_name}{key}".lower(), _one_line(item)) for key, item in given.items()
            ]
    return found


def _header(shape: Shape, value: Any) -> str:
    if shape.traits.get("jsonvalue"):
        return base64.b64encode(json_values.dumps(value)).decode()
    if shape.type == "list":
        return ",".join(_header(shape.element, item) for item in value)
    if shape.type == "timestamp":
        return str(timestamps.write(value, shape.traits.get("timestampFormat", "rfc822")))
    return _one_line(scalars.as_text(value, shape.type))


def _one_line(text: str) -> str:
    """A header cannot hold line ends; letting them through would let a value write headers."""
    return text.replace("\r", " ").replace("\n", " ")
