"""For every operation, requests that its model forbids, and what AWS answers to each: code, status and sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

from devopsweb.awsapi import models, patterns, registry
from devopsweb.awsapi.models import OperationModel, Shape
from tests.awsapi import raw
from tests.awsapi.test_every_operation import attempts, nonsense

BROKEN = {
    "json": b'{"name": ',
    "smithy-rpc-v2-cbor": b"\xa1\x64name\x78",
    "query": b"&Name=%ff%fe",
}
BROKEN_SENTENCES = {
    "json": "The request is not valid JSON.",
    "smithy-rpc-v2-cbor": "The request is not valid CBOR.",
    "query": "The request is not a valid form in UTF-8",
}
# What a value of the wrong type is told, by the type that belongs there.
SENTENCES = {
    "structure": ("can not be converted to a structure", "stands where a structure belongs"),
    "list": ("Expected list or null", "can not be converted to a list", "stands where a list belongs"),
    "map": ("Expected map or null", "can not be converted to a map", "stands where a map belongs"),
    "integer": ("can not be converted to an Integer", "'nonsense' is not an Integer"),
    "long": ("can not be converted to a Long", "'nonsense' is not a Long"),
    "boolean": ("can not be converted to a Boolean", "'nonsense' is not a Boolean"),
    "timestamp": ("'nonsense' is not a valid timestamp.",),
    "string": ("Start of structure or map found where not expected.",),
    "blob": ("Start of structure or map found where not expected.",),
}
UNREADABLE = {"query": "MalformedInput"}
INVALID = {"query": "ValidationError"}
# Services that say "not valid" in an error of their own.
INVALID_OF = {"logs": "InvalidParameterException"}
STRANGE = ("a b", "\n", "!", "-", "*", "ü€", "a/ /b", "#\t#", "<>", "\u2028", "{", "a" * 65, "0" * 300)
UNKNOWN = "NoSuchValue"
MOST_LETTERS = 20_000


@dataclass(frozen=True)
class Case:
    """A request, and what its answer must be."""

    what: str
    service: str
    body: bytes
    address: dict[str, Any]
    code: str
    sentences: tuple[str, ...]


def cases(service: str, name: str, protocol: str) -> Iterator[Case]:
    """Every kind of malformed request to an operation, in one protocol."""
    operation = models.load(service).operation(name)
    address = raw.address(service, name, protocol)

    def case(what: str, body: bytes, code: str, *sentences: str) -> Case:
        return Case(f"{service} {name} ({protocol}): {what}", service, body, address, code, sentences)

    unreadable = UNREADABLE.get(_words(operation, protocol), "SerializationException")
    broken = raw.body_of(service, name, {}, protocol) if protocol == "query" else b""
    if operation.input is None:
        return
    yield case("a broken body", broken + BROKEN[protocol], unreadable, BROKEN_SENTENCES[protocol])
    for wrong in nonsense(service, name):
        member = next(iter(wrong))
        kind = operation.input.members[member].type
        body = raw.body_of(service, name, _named(operation.input, wrong, protocol), protocol)
        yield case(f"{member} is no {kind}", body, unreadable, *SENTENCES[kind])
    # Constraints are checked when the request has been read: one says that for a further protocol.
    most = 1 if protocol != operation.model.protocols[0] else None
    for what, params, member, kind, sentence in islice(broken_constraints(operation), most):
        body = written(service, name, params, protocol)
        yield case(what, body, code_of(operation, member, kind, protocol), sentence)


def _named(shape: Shape, params: dict[str, Any], protocol: str) -> dict[str, Any]:
    """Members as a form names them."""
    if protocol != "query":
        return params
    return {shape.members[name].location_name or name: value for name, value in params.items()}


def code_of(operation: OperationModel, member: str, kind: str, protocol: str) -> str:
    """The error's code for a parameter that breaks a constraint, which some services give a name of its own."""
    service = operation.model.service
    noun = member[:1].upper() + member[1:]
    own = f"{noun}RequiredException" if kind == "null" else f"Invalid{noun}Exception"
    own = registry.find(service).violations.get((member, kind), own)
    words = _words(operation, protocol)
    if own in operation.errors:
        return operation.errors[own].error.get("code", own) if words == "query" else own
    return INVALID_OF.get(service) or INVALID.get(words, "ValidationException")


def _words(operation: OperationModel, protocol: str) -> str:
    """The protocol whose codes clients read: services that once spoke forms keep theirs."""
    return "query" if operation.model.is_query_compatible else protocol


def broken_constraints(operation: OperationModel) -> Iterator[tuple[str, dict[str, Any], str, str, str]]:
    """What is wrong, the parameters, the parameter that is wrong, the kind of its constraint, AWS's sentence."""
    shape = operation.input
    base = next(attempts(operation.model.service, operation.name))
    for member in shape.required:
        without = {name: value for name, value in base.items() if name != member}
        place = f"Value null at '{_camel(member)}' failed to satisfy constraint: Member must not be null"
        yield f"no {member}", without, member, "null", place
    for member, inner in shape.members.items():
        for kind, value, sentence in broken_values(inner):
            shown = "" if inner.sensitive else f" '{value}'"
            place = f"at '{_camel(member)}' failed to satisfy constraint: {sentence}"
            if isinstance(value, str | int) and len(str(value)) < 1000:
                place = f"Value{shown} {place}"
            yield f"{member} breaks its {kind}", {**base, member: value}, member, kind, place
        if inner.type == "list":
            for kind, value, sentence in broken_values(inner.element):
                place = f"at '{_camel(member)}.1.member' failed to satisfy constraint: {sentence}"
                yield f"{member} has what breaks its {kind}", {**base, member: [value]}, member, kind, place


def broken_values(shape: Shape) -> Iterator[tuple[str, Any, str]]:
    """Values of the right type that break a constraint of ``shape``: its kind, the value, the sentence."""
    low, high = shape.minimum, shape.maximum
    if shape.type == "string":
        if shape.choices:
            yield "enum", UNKNOWN, "Member must satisfy enum value set: ["
            return
        if low:
            yield "length", "", f"Member must have length greater than or equal to {low}"
        if high is not None and high < MOST_LETTERS:
            yield "length", "a" * (int(high) + 1), f"Member must have length less than or equal to {high}"
        if shape.pattern and (strange := _strange(shape)):
            yield "pattern", strange, f"Member must satisfy regular expression pattern: {shape.pattern}"
    elif shape.type in {"integer", "long"}:
        if low is not None:
            yield "range", int(low) - 1, f"Member must have value greater than or equal to {low}"
        if high is not None and high < 2**31 - 1:
            yield "range", int(high) + 1, f"Member must have value less than or equal to {high}"


def _strange(shape: Shape) -> str:
    fitting = (one for one in STRANGE if (shape.minimum or 0) <= len(one) <= (shape.maximum or 2**31))
    return next((one for one in fitting if not patterns.matches(shape.pattern, one)), "")


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def written(service: str, name: str, params: dict[str, Any], protocol: str) -> bytes:
    """The body as botocore would send it, had it no opinion about the values."""
    serializer = create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(params, _model(service).operation_model(name))["body"]
    if isinstance(made, dict):
        return raw.form(made)
    return made.encode() if isinstance(made, str) else made


@lru_cache(maxsize=32)
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)
