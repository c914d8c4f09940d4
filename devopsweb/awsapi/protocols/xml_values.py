"""Results to XML, along the shapes of a model."""

import re
from typing import Any
from xml.sax.saxutils import escape

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.protocols import scalars

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NESTED = frozenset({"structure", "list", "map"})
_QUOTED = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def text(value: str) -> str:
    """``value`` escaped; characters that XML cannot hold become U+FFFD."""
    if _SPECIAL.search(value) is None:
        return value
    return _UNWRITABLE.sub("\ufffd", escape(value).replace("\r", "&#13;"))


def attribute(value: str) -> str:
    """``value`` escaped for an attribute in double quotes."""
    return _UNWRITABLE.sub("\ufffd", escape(value, _QUOTED))


class Writer:
    """Collects the pieces of one document."""

    def __init__(self, timestamp_format: str = "iso8601") -> None:
        self.pieces: list[str] = []
        self.timestamp_format = timestamp_format

    def body(self) -> bytes:
        """The document."""
        return "".join(self.pieces).encode()

    def element(self, tag: str, shape: Shape, value: Any) -> None:
        """``value`` in an element of its own."""
        namespace = shape.traits.get("xmlNamespace")
        if namespace is None and shape.type not in _NESTED:
            self.pieces.append(f"<{tag}>{self.scalar(shape, value)}</{tag}>")
            return
        opened = self._attributes(shape, value) if shape.attributes else ""
        if isinstance(namespace, dict):
            prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
            opened = f' xmlns{prefix}="{attribute(namespace["uri"])}"{opened}'
        self.pieces.append(f"<{tag}{opened}>")
        self.content(shape, value)
        self.pieces.append(f"</{tag.split(' ')[0]}>")

    def content(self, shape: Shape, value: Any) -> None:
        """What stands inside the element of ``value``."""
        if shape.type == "structure":
            self.members(shape, value)
        elif shape.type == "list":
            tag = shape.element.location_name or "member"
            for item in value:
                self.element(tag, shape.element, item)
        elif shape.type == "map":
            for key, item in value.items():
                self._entry("entry", shape, key, item)
        else:
            self.pieces.append(self.scalar(shape, value))

    def members(self, shape: Shape, value: Any) -> None:
        """A structure's members that belong into the body."""
        members = shape.members
        for name, given in value.items():
            member = members.get(name)
            if given is None or member is None or member.location or member.traits.get("xmlAttribute"):
                continue
            self.member(member.location_name or name, member, given)

    def member(self, tag: str, shape: Shape, value: Any) -> None:
        """One member; a flattened one repeats its element."""
        if shape.flattened and shape.type == "list":
            for item in value:
                self.element(shape.element.location_name or tag, shape.element, item)
        elif shape.flattened and shape.type == "map":
            for key, item in value.items():
                self._entry(tag, shape, key, item)
        else:
            self.element(tag, shape, value)

    def _entry(self, tag: str, shape: Shape, key: str, value: Any) -> None:
        self.pieces.append(f"<{tag}>")
        self.element(shape.key.location_name or "key", shape.key, key)
        self.element(shape.value.location_name or "value", shape.value, value)
        self.pieces.append(f"</{tag}>")

    def _attributes(self, shape: Shape, value: Any) -> str:
        given = ((member.location_name or name, member, value.get(name)) for name, member in shape.attributes)
        return "".join(
            f' {wire}="{attribute(self.scalar(member, item))}"'
            for wire, member, item in given
            if item is not None
        )

    def scalar(self, shape: Shape, value: Any) -> str:
        """A single value as escaped text."""
        if shape.type == "string":
            return text(str(value))
        if shape.type == "timestamp":
            form = shape.traits.get("timestampFormat", self.timestamp_format)
            return str(timestamps.write(value, form))
        return scalars.as_text(value, shape.type)
