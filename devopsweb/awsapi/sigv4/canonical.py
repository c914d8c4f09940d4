"""The canonical request: the one text that client and server derive from a request. Pure."""

import hashlib
from collections.abc import Iterable
from urllib.parse import quote, unquote_to_bytes

from devopsweb.awsapi.sigv4.request import SignedRequest, normalised, octets

UNRESERVED = "-_.~"
# These sign the path as it is on the wire; all others encode it once more.
SINGLE_ENCODED = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})


def paths(raw_path: str, service: str) -> list[str]:
    """The canonical forms of a path that a client of ``service`` may have signed.

    Clients remove ``.``, ``..`` and doubled slashes before they encode the path for the second
    time, unless they were told to leave it alone; S3's never do either.
    """
    sent = octets(raw_path)
    if service in SINGLE_ENCODED:
        return list(
            dict.fromkeys([quote(unquote_to_bytes(sent), safe="/" + UNRESERVED) or "/", raw_path or "/"])
        )
    forms = [quote(normalised(sent), safe="/" + UNRESERVED), quote(sent, safe="/" + UNRESERVED) or "/"]
    return list(dict.fromkeys(forms))


def query(pairs: Iterable[tuple[bytes, bytes]], *, without: frozenset[bytes]) -> str:
    """The canonical query string, leaving out the parameters ``without``."""
    encoded = sorted(
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in pairs
        if name not in without
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def headers(request: SignedRequest, names: Iterable[str], *, host: str) -> bytes:
    """A line for each signed header: blanks trimmed and collapsed, repeated ones joined by commas."""
    lines = []
    for name in names:
        values = [host] if name == "host" else request.values(name)
        lines.append(octets(name) + b":" + b",".join(map(_collapsed, values)) + b"\n")
    return b"".join(lines)


def _collapsed(value: str) -> bytes:
    # As bytes: a blank of Latin-1 may be a part of a UTF-8 character.
    return b" ".join(octets(value).split())


def hashed(
    method: str, path: str, query_string: str, lines: bytes, names: Iterable[str], payload: str
) -> str:
    """The SHA-256 of the canonical request, in hexadecimal."""
    head = f"{method}\n{path}\n{query_string}\n".encode()
    tail = f"\n{';'.join(names)}\n{payload}".encode()
    return hashlib.sha256(head + lines + tail).hexdigest()
