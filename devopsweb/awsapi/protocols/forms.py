"""Forms to parameters: ``Tags.member.1.Key=a`` as the query and EC2 protocols write structures."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Malformed
from devopsweb.awsapi.protocols import scalars

MOST_FIELDS = 20_000
_DEEPEST = 40
_NESTED = frozenset({"structure", "list", "map"})
_NUMBER = re.compile("[0-9]{1,6}")

Naming = Callable[[Shape, str], str]


class Node:
    """A field of the form and those whose names go on from it."""

    __slots__ = ("inner", "value")

    def __init__(self) -> None:
        self.value: str | None = None
        self.inner: dict[str, Node] = {}

    def numbered(self) -> list["Node"]:
        """The fields ``1``, ``2`` …, in that order."""
        numbers = sorted((name for name in self.inner if _NUMBER.fullmatch(name)), key=int)
        return [self.inner[name] for name in numbers]


def fields(body: bytes, raw_query: str) -> list[tuple[str, str]]:
    """The form's fields, those of the query string first. Raises ``Malformed``."""
    found: list[tuple[str, str]] = []
    try:
        for text in (raw_query, body.decode("ascii")):
            if text:
                found += parse_qsl(
                    text,
                    keep_blank_values=True,
                    encoding="utf-8",
                    errors="strict",
                    max_num_fields=MOST_FIELDS,
                )
    except ValueError:
        raise Malformed("The request is not a valid form in UTF-8, or has too many fields.") from None
    return found


def tree(pairs: list[tuple[str, str]]) -> Node:
    """The fields by the parts of their names."""
    root = Node()
    for name, value in pairs:
        parts = name.split(".", _DEEPEST)
        if len(parts) > _DEEPEST:
            raise Malformed("The request is nested too deeply.")
        node = root
        for part in parts:
            node = node.inner.setdefault(part, Node())
        node.value = value
    return root


class Reader:
    """Reads a tree of fields along shapes; protocols differ in how they name members and lists."""

    def __init__(self, name_of: Naming, *, all_lists_flat: bool = False) -> None:
        self.name_of = name_of
        self.all_lists_flat = all_lists_flat

    def structure(self, shape: Shape, node: Node) -> dict[str, Any]:
        """The members that are given."""
        found: dict[str, Any] = {}
        for name, member in shape.members.items():
            wire = self.name_of(member, name)
            if member.type == "list" and member.flattened and member.element.location_name:
                wire = member.element.location_name
            inner = node.inner.get(wire)
            if inner is not None:
                found[name] = self.value(member, inner)
        if shape.is_union and len(found) != 1:
            raise Malformed("Unions must have exactly one member set.")
        return found

    def value(self, shape: Shape, node: Node) -> Any:
        """What ``node`` says. Raises ``Malformed``."""
        if shape.type in _NESTED and node.value:
            raise Malformed(f"{node.value[:100]!r} stands where a {shape.type} belongs.")
        if shape.type == "structure":
            return self.structure(shape, node)
        if shape.type == "list":
            return [self.value(shape.element, item) for item in self._items(shape, node)]
        if shape.type == "map":
            return self._map(shape, node)
        if node.value is None:
            raise Malformed("Start of structure or map found where not expected.")
        if shape.type == "timestamp":
            return timestamps.parse(node.value)
        return scalars.of_text(node.value, shape.type)

    def _items(self, shape: Shape, node: Node) -> list[Node]:
        if shape.flattened or self.all_lists_flat:
            return node.numbered()
        inner = node.inner.get(shape.element.location_name or "member")
        return inner.numbered() if inner is not None else node.numbered()

    def _map(self, shape: Shape, node: Node) -> dict[str, Any]:
        entries = node if shape.flattened else node.inner.get("entry", node)
        key_name, value_name = shape.key.location_name or "key", shape.value.location_name or "value"
        found: dict[str, Any] = {}
        for entry in entries.numbered():
            key, value = entry.inner.get(key_name), entry.inner.get(value_name)
            if key is None or key.value is None:
                raise Malformed("A map's entry has no key.")
            found[scalars.string(key.value)] = None if value is None else self.value(shape.value, value)
        return found
