"""Bodies that are signed piece by piece (``aws-chunked``): verified and decoded.

Amazon S3 API reference, "Signature calculations: transferring payload in multiple chunks" and
"… with trailing headers".
"""

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from devopsweb.awsapi.sigv4 import keys
from devopsweb.awsapi.sigv4.errors import INCOMPLETE, MISMATCH, WRONG_HASH, Refused

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FORMS = frozenset({SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER})

_EMPTY = hashlib.sha256(b"").hexdigest()
_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?")
_LONGEST_LINE = 8192
_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


@dataclass(frozen=True)
class Chain:
    """What the signature of each chunk depends on; it begins with the signature of the headers."""

    key: bytes
    timestamp: str
    scope: str
    seed: str

    def chunk(self, previous: str, data: bytes) -> str:
        """The signature of a chunk."""
        digest = hashlib.sha256(data).hexdigest()
        return self._sign("AWS4-HMAC-SHA256-PAYLOAD", previous, _EMPTY, digest)

    def trailer(self, previous: str, lines: bytes) -> str:
        """The signature of the trailing headers."""
        return self._sign("AWS4-HMAC-SHA256-TRAILER", previous, hashlib.sha256(lines).hexdigest())

    def _sign(self, algorithm: str, *parts: str) -> str:
        return keys.sign(self.key, "\n".join([algorithm, self.timestamp, self.scope, *parts]))


def decode(body: bytes, *, form: str, chain: Chain, length: str) -> bytes:
    """The payload of an ``aws-chunked`` body of ``form``; ``length`` is what it is said to be.

    Raises ``Refused`` at the first chunk, trailer or checksum that does not fit.
    """
    reader = _Reader(body)
    data, last = _chunks(reader, chain if form != UNSIGNED_TRAILER else None)
    if form == SIGNED:
        reader.skip_line_end()
    else:
        _trailers(reader, data, chain if form == SIGNED_TRAILER else None, last)
    if not reader.at_end:
        raise _malformed("something follows its end")
    if not length.isascii() or not length.isdigit() or int(length) != len(data):
        raise _malformed("its length is not that of x-amz-decoded-content-length")
    return data


def _chunks(reader: "_Reader", chain: Chain | None) -> tuple[bytes, str]:
    parts: list[bytes] = []
    previous = chain.seed if chain else ""
    while True:
        matched = _SIZE.fullmatch(reader.line())
        if matched is None or bool(matched[2]) != bool(chain):
            raise _malformed("a chunk has no proper size and signature")
        size = int(matched[1], 16)
        data = reader.take(size)
        if chain:
            previous = chain.chunk(previous, data)
            if not hmac.compare_digest(previous.encode(), matched[2]):
                raise Refused(
                    MISMATCH, "The signature that we calculated for a chunk of the body does not match."
                )
        if not size:
            return b"".join(parts), previous
        parts.append(data)
        if reader.line():
            raise _malformed("a chunk is longer than its size")


def _trailers(reader: "_Reader", data: bytes, chain: Chain | None, previous: str) -> None:
    lines: list[tuple[str, str]] = []
    while not reader.at_end and (line := reader.line()):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise _malformed("a trailing header has no value")
        lines.append((name.strip().lower(), value.strip()))
    if chain:
        signature = dict(lines).get("x-amz-trailer-signature", "")
        lines = [line for line in lines if line[0] != "x-amz-trailer-signature"]
        signed = "".join(f"{name}:{value}\n" for name, value in sorted(lines)).encode("latin-1")
        if not hmac.compare_digest(chain.trailer(previous, signed).encode(), signature.encode()):
            raise Refused(
                MISMATCH, "The signature that we calculated for the trailing headers does not match."
            )
    for name, value in lines:
        compute = _CHECKSUMS.get(name)
        if compute and base64.b64encode(compute(data)).decode() != value:
            raise Refused(WRONG_HASH, f"Value for {name} trailing header is invalid.")


class _Reader:
    """Goes through the body once."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._body)

    def line(self) -> bytes:
        end = self._body.find(b"\r\n", self._at, self._at + _LONGEST_LINE)
        if end < 0:
            raise _malformed("a line does not end")
        found = self._body[self._at : end]
        self._at = end + 2
        return found

    def take(self, size: int) -> bytes:
        found = self._body[self._at : self._at + size]
        if len(found) != size:
            raise _malformed("it ends within a chunk")
        self._at += size
        return found

    def skip_line_end(self) -> None:
        if not self.at_end and self.line():
            raise _malformed("something follows its last chunk")


def _malformed(what: str) -> Refused:
    return Refused(INCOMPLETE, f"The aws-chunked body is malformed: {what}.")
