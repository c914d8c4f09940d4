"""HTTP to the outside that can't be pointed at internal addresses.

A name is resolved once, every address it has must be public, and the connection goes to that very
address: a name that changes its answer between the check and the use (DNS rebinding) gains nothing.
Redirects are not followed. ``DEVOPSWEB_OUTGOING_ALLOW`` lists networks and host names that are allowed
all the same.
"""

import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import urllib3
from django.conf import settings

from devopsweb.kernel.errors import Fault, Invalid

TIMEOUT = urllib3.Timeout(connect=5, read=10)
LONGEST_ANSWER = 1024 * 1024
LONGEST_WAIT = 20.0
_UNICAST = ipaddress.ip_network("2000::/3")
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")


class AddressRefused(Invalid):
    """The address is internal, or none that we call."""


class Unreachable(Fault):
    """The other side did not answer, or not with what was asked for."""


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ``Unreachable``."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable("The answer is no JSON.") from None


def get(url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
    """GET ``url``. Raises ``AddressRefused`` and ``Unreachable``."""
    return _request("GET", url, headers=dict(headers or {}))


def post_form(url: str, fields: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Answer:
    """POST ``fields`` as a form. Raises ``AddressRefused`` and ``Unreachable``."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return _request("POST", url, headers=form, body=urlencode(fields).encode())


def _request(method: str, url: str, *, headers: dict[str, str], body: bytes | None = None) -> Answer:
    parts = _parts(url)
    address, port = _address(parts)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "application/json", **headers}
    try:
        with _pool(parts, address, port) as pool:
            answer = pool.request(
                method, target, headers=headers, body=body, redirect=False, retries=False,
                timeout=TIMEOUT, preload_content=False,
            )  # fmt: skip
            return Answer(answer.status, _read(answer, str(parts.hostname)))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unreachable(f"{parts.hostname} did not answer: {error}") from None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressRefused("That is no address that we can call.") from None
    return parts


def _read(answer: urllib3.BaseHTTPResponse, host: str) -> bytes:
    """The body; one that is too long, or that trickles, is given up."""
    found = bytearray()
    deadline = time.monotonic() + LONGEST_WAIT
    while chunk := answer.read1(65536):
        found += chunk
        if len(found) > LONGEST_ANSWER or time.monotonic() > deadline:
            answer.close()
            raise Unreachable(f"The answer of {host} is too long, or takes too long.")
    return bytes(found)


def _pool(parts: SplitResult, address: str, port: int) -> urllib3.HTTPConnectionPool:
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, port)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        cert_reqs="CERT_REQUIRED",
    )


def _address(parts: SplitResult) -> tuple[str, int]:
    """The address to connect to."""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused(f"{parts.geturl()} is no address that we can call.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = [
            str(info[4][0]) for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        ]
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{parts.hostname} has no address: {error}") from None
    for address in found:
        if not is_allowed(parts.hostname, address):
            raise AddressRefused(
                f"{parts.hostname} is at the internal address {address}. An operator can allow it by "
                "DEVOPSWEB_OUTGOING_ALLOW."
            )
    return min(found, key=lambda address: ":" in address), port


def is_allowed(host: str, address: str) -> bool:
    """Whether we may call ``host`` at ``address``."""
    where = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(where, "ipv4_mapped", None)
    where = mapped or where
    if where.is_global and not where.is_multicast and not _is_special(where):
        return True
    return any(_names(entry, host, where) for entry in settings.DEVOPSWEB_OUTGOING_ALLOW)


def is_named(host: str) -> bool:
    """Whether an operator allows this very host (a name, or an address in a network) to be called."""
    try:
        where = ipaddress.ip_address(host)
    except ValueError:
        return any(entry.casefold() == host.casefold() for entry in settings.DEVOPSWEB_OUTGOING_ALLOW)
    return any(_names(entry, host, where) for entry in settings.DEVOPSWEB_OUTGOING_ALLOW)


def _is_special(where: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Addresses that are said to be global, and may lead inside: IPv6 that carries IPv4 (NAT64, 6to4)."""
    if isinstance(where, ipaddress.IPv4Address):
        return where in _PROTOCOLS
    return where not in _UNICAST or where.sixtofour is not None


def _names(entry: str, host: str, where: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return where in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return entry.casefold() == host.casefold()
