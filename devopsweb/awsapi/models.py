"""What botocore's service models say, without their prose: read when first asked for, and kept.

botocore's own model classes are made for clients and cost a megabyte for each service; the door
needs names, types and constraints, and needs them fast.
"""

import gzip
import json
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import botocore

DATA = Path(botocore.__file__).parent / "data"
_PROSE = {"documentation", "documentationUrl", "deprecatedMessage"}
_HEAD = 1 << 16


class UnknownModel(LookupError):
    """botocore has no service of that name."""


class Shape:
    """A type of a model, with the traits of the member through which it was reached."""

    __slots__ = (
        "_attributes",
        "_element",
        "_key",
        "_members",
        "_model",
        "_value",
        "choices",
        "flattened",
        "is_exception",
        "is_union",
        "location",
        "location_name",
        "maximum",
        "minimum",
        "name",
        "pattern",
        "payload",
        "required",
        "sensitive",
        "traits",
        "type",
    )

    def __init__(self, model: "Model", name: str, traits: dict[str, Any]) -> None:
        self._model = model
        self.name = name
        self.traits = traits
        self.type: str = traits["type"]
        self.location: str = traits.get("location", "")
        self.location_name: str = traits.get("locationName", "")
        self.flattened = bool(traits.get("flattened"))
        self.payload: str = traits.get("payload", "")
        self.required: tuple[str, ...] = tuple(traits.get("required", ()))
        self.sensitive = bool(traits.get("sensitive"))
        self.is_union = bool(traits.get("union"))
        self.is_exception = bool(traits.get("exception"))
        self.minimum: float | None = traits.get("min")
        self.maximum: float | None = traits.get("max")
        self.pattern: str = traits.get("pattern", "")
        self.choices: tuple[str, ...] = tuple(traits.get("enum", ()))
        self._members: dict[str, Shape] | None = None
        self._element: Shape | None = None
        self._key: Shape | None = None
        self._value: Shape | None = None
        self._attributes: tuple[tuple[str, Shape], ...] | None = None

    def __repr__(self) -> str:
        return f"<Shape {self.name} {self.type}>"

    @property
    def members(self) -> "dict[str, Shape]":
        """A structure's members by name."""
        if self._members is None:
            given = self.traits.get("members", {})
            self._members = {name: self._model.shape(reference) for name, reference in given.items()}
        return self._members

    @property
    def element(self) -> "Shape":
        """A list's element."""
        if self._element is None:
            self._element = self._model.shape(self.traits["member"])
        return self._element

    @property
    def key(self) -> "Shape":
        """A map's key."""
        if self._key is None:
            self._key = self._model.shape(self.traits["key"])
        return self._key

    @property
    def value(self) -> "Shape":
        """A map's value."""
        if self._value is None:
            self._value = self._model.shape(self.traits["value"])
        return self._value

    @property
    def attributes(self) -> "tuple[tuple[str, Shape], ...]":
        """The members of a structure that XML writes as attributes."""
        if self._attributes is None:
            members = self.members.items() if self.type == "structure" else ()
            self._attributes = tuple((name, one) for name, one in members if one.traits.get("xmlAttribute"))
        return self._attributes

    @property
    def is_document(self) -> bool:
        """Whether it holds any JSON."""
        return bool(self.traits.get("document"))

    @property
    def is_event_stream(self) -> bool:
        """Whether it is a stream of events."""
        return bool(self.traits.get("eventstream"))

    @property
    def error(self) -> dict[str, Any]:
        """An exception's ``code``, ``httpStatusCode`` and ``senderFault``, as far as they are given."""
        found: dict[str, Any] = self.traits.get("error", {})
        return found


class OperationModel:
    """One operation of a model."""

    def __init__(self, model: "Model", name: str, given: dict[str, Any]) -> None:
        self.model = model
        self.name = name
        self.http: dict[str, Any] = given.get("http", {})
        self.deprecated = bool(given.get("deprecated"))
        self.result_wrapper: str = given.get("output", {}).get("resultWrapper", "")
        self.unsigned = given.get("authtype") == "none"
        self._given = given

    @cached_property
    def input(self) -> Shape | None:
        """The shape of its parameters."""
        return self.model.shape(self._given["input"]) if "input" in self._given else None

    @cached_property
    def output(self) -> Shape | None:
        """The shape of its result."""
        return self.model.shape(self._given["output"]) if "output" in self._given else None

    @cached_property
    def errors(self) -> dict[str, Shape]:
        """The shapes of the errors that it names, by shape name."""
        return {
            reference["shape"]: self.model.shape(reference) for reference in self._given.get("errors", ())
        }

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The names of the members, at any depth of input and output, that are marked as sensitive."""
        found: set[str] = set()
        seen: set[str] = set()
        for shape in (self.input, self.output):
            if shape is not None:
                _collect_sensitive(shape, "", found, seen)
        return frozenset(found)

    @cached_property
    def has_event_stream(self) -> bool:
        """Whether its input or output is a stream of events, which the door does not carry."""
        shapes = [shape for shape in (self.input, self.output) if shape is not None]
        return any(member.is_event_stream for shape in shapes for member in shape.members.values())


def _collect_sensitive(shape: Shape, name: str, found: set[str], seen: set[str]) -> None:
    if shape.sensitive:
        found.add(name)
        return
    if shape.name in seen:
        return
    if shape.type == "structure":
        seen.add(shape.name)
        for member, inner in shape.members.items():
            _collect_sensitive(inner, member, found, seen)
    elif shape.type == "list":
        _collect_sensitive(shape.element, name, found, seen)
    elif shape.type == "map":
        _collect_sensitive(shape.value, name, found, seen)


class Model:
    """A service's model."""

    def __init__(self, service: str, given: dict[str, Any]) -> None:
        self.service = service
        self.metadata: dict[str, Any] = given["metadata"]
        self._operations: dict[str, Any] = given["operations"]
        self._shapes: dict[str, Any] = given["shapes"]
        self._built: dict[Any, Shape] = {}
        self._kept: dict[str, OperationModel] = {}
        self.names: list[str] = sorted(self._operations)

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that its clients may speak."""
        return tuple(self.metadata.get("protocols") or [self.metadata["protocol"]])

    @property
    def signing_name(self) -> str:
        """Its name in the scope of a signature."""
        return str(self.metadata.get("signingName") or self.metadata["endpointPrefix"])

    @property
    def namespace(self) -> str:
        """The XML name space of its answers."""
        given = self.metadata.get("xmlNamespace") or ""
        return str(given.get("uri", "") if isinstance(given, dict) else given)

    @property
    def is_query_compatible(self) -> bool:
        """Whether it once spoke the query protocol, whose error codes its clients still expect."""
        return "awsQueryCompatible" in self.metadata

    def operation(self, name: str) -> OperationModel | None:
        """The operation of that name."""
        if name not in self._kept and name in self._operations:
            self._kept[name] = OperationModel(self, name, self._operations[name])
        return self._kept.get(name)

    def http(self, name: str) -> dict[str, Any]:
        """Method and address of the operation of that name."""
        found: dict[str, Any] = self._operations[name].get("http", {})
        return found

    def shape(self, reference: dict[str, Any]) -> Shape:
        """The shape that a reference names, with the reference's own traits over it."""
        name = reference["shape"]
        own = {trait: value for trait, value in reference.items() if trait not in ("shape", "resultWrapper")}
        key = (name, json.dumps(own, sort_keys=True)) if own else name
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = Shape(self, name, {**self._shapes[name], **own})
        return found

    @cached_property
    def _errors_by_query_code(self) -> dict[str, str]:
        return {
            shape["error"]["code"]: name
            for name, shape in self._shapes.items()
            if shape.get("exception") and shape.get("error", {}).get("code")
        }

    def error(self, code: str) -> Shape | None:
        """The exception's shape whose name, or code in the query protocol, is ``code``."""
        name = code if self._shapes.get(code, {}).get("exception") else self._errors_by_query_code.get(code)
        return self.shape({"shape": name}) if name else None


@lru_cache(maxsize=512)
def load(service: str) -> Model:
    """The newest model of ``service`` (``codecommit``). Raises ``UnknownModel``."""
    with gzip.open(_path(service), "rb") as file:
        given = json.loads(file.read(), object_pairs_hook=_without_prose)
    return Model(service, given)


@lru_cache(maxsize=512)
def metadata(service: str) -> dict[str, Any]:
    """The head of the model of ``service``, without reading all of it. Raises ``UnknownModel``."""
    with gzip.open(_path(service), "rb") as file:
        head = file.read(_HEAD).decode("utf-8", "ignore")
    found = re.search(r'"metadata"\s*:\s*', head)
    if found is None:
        return load(service).metadata
    given: dict[str, Any] = json.JSONDecoder().raw_decode(head, found.end())[0]
    return given


def exists(service: str) -> bool:
    """Whether botocore has a service of that name."""
    return service.replace("-", "").isalnum() and (DATA / service).is_dir()


def _path(service: str) -> Path:
    versions = sorted((DATA / service).glob("*/service-2.json.gz")) if exists(service) else []
    if not versions:
        raise UnknownModel(f"botocore has no service {service!r}.")
    return versions[-1]


def _without_prose(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Drop the documentation, which is most of a model. (A member of that name is no text.)"""
    return {name: value for name, value in pairs if name not in _PROSE or not isinstance(value, str)}
