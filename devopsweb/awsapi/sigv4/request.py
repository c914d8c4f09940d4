"""A request as it came over the wire, before anything was decoded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import unquote_to_bytes

_OF_S3 = re.compile(r"(?:/|%2[Ff])s3[a-z-]*(?:/|%2[Ff])aws4_request")


@dataclass(frozen=True)
class SignedRequest:
    """A request that claims to be signed.

    ``raw_path`` and ``raw_query`` are as sent (percent-encoded, decoded as Latin-1); ``headers`` are
    (lower-case name, value) in the order of the wire. ``hosts`` names further values under which the
    client may have known us, besides the ``host`` header (behind a trusted proxy).
    """

    method: str
    raw_path: str
    raw_query: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    hosts: tuple[str, ...] = field(default=())
    sent_path: str = ""
    """The path as it was sent, where ``raw_path`` is not."""

    def plain(self) -> "SignedRequest":
        """The request with its path as clients sign it: without empty and dot segments.

        What is served must be what was signed, or a detour (``/a/../b``) could lead past it. S3 signs
        paths as they are.
        """
        path = normalised(octets(self.raw_path)).decode("latin-1")
        if path == self.raw_path or _OF_S3.search(self.header("authorization") or self.raw_query):
            return self
        return replace(self, raw_path=path, sent_path=self.raw_path)

    def values(self, name: str) -> list[str]:
        """Every value of the header ``name``."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str:
        """The only value of the header ``name``; empty when it is missing or there are several."""
        found = self.values(name)
        return found[0].strip() if len(found) == 1 else ""

    @cached_property
    def query(self) -> tuple[tuple[bytes, bytes], ...]:
        """Names and values of the query string, decoded, in the order of the wire."""
        return tuple(_pairs(self.raw_query))

    def parameter(self, name: str) -> str:
        """The only value of the query parameter ``name``; empty when it is missing or there are several."""
        wanted = name.encode()
        found = [value for key, value in self.query if key == wanted]
        return found[0].decode("latin-1") if len(found) == 1 else ""

    def has_parameter(self, name: str) -> bool:
        """Whether the query string names ``name`` at all."""
        wanted = name.encode()
        return any(key == wanted for key, _ in self.query)


def normalised(path: bytes) -> bytes:
    """``path`` without empty and dot segments (RFC 3986, 5.2.4, and no doubled slashes)."""
    kept: list[bytes] = []
    segments = path.split(b"/")
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    tail = b"/" if kept and segments[-1] in (b"", b".", b"..") else b""
    return b"/" + b"/".join(kept) + tail


def _pairs(raw: str) -> Iterator[tuple[bytes, bytes]]:
    """As forms are read: ``+`` is a blank, and a name without a value has an empty one."""
    for part in raw.split("&"):
        if part:
            name, _, value = part.replace("+", " ").partition("=")
            yield unquote_to_bytes(octets(name)), unquote_to_bytes(octets(value))


def octets(text: str) -> bytes:
    """``text`` as it was on the wire: Latin-1 as servers read it, UTF-8 as people write it."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
