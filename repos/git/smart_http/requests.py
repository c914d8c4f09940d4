"""What a request asks for."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from repos.git.smart_http.replies import Refusal

_PATH = re.compile(
    r"/(?:v1/repos|git)/(?P<name>[^/]+?)(?:\.git)?/(?P<end>info/refs|git-upload-pack|git-receive-pack)"
)
_PROTOCOL = re.compile(r"[a-zA-Z0-9=:._-]{1,200}")
SERVICES = {"git-upload-pack", "git-receive-pack"}
ACTIONS = {"git-upload-pack": "codecommit:GitPull", "git-receive-pack": "codecommit:GitPush"}


@dataclass(frozen=True)
class GitRequest:
    """One request of a git client."""

    repository: str
    service: str
    advertise: bool
    protocol: str
    gzipped: bool
    credentials: tuple[str, str] | None
    source_ip: str = ""
    address: str = ""
    """The path of the repository as the client wrote it."""
    host: str = ""
    user_agent: str = ""
    tls: bool = False

    @property
    def action(self) -> str:
        """The IAM action that it needs."""
        return ACTIONS[self.service]

    @property
    def command(self) -> str:
        """The git command that serves it."""
        return self.service.removeprefix("git-")

    @property
    def version(self) -> int:
        """The protocol version that the client asked for."""
        found = re.search(r"version=([12])", self.protocol)
        return int(found[1]) if found else 0


def parse(scope: Any) -> GitRequest:
    """The request in an ASGI scope. Raises ``Refusal``."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    matched = _PATH.fullmatch(scope["path"])
    if matched is None:
        raise Refusal(404, "There is no such address. Clone with: git clone <server>/git/<repository>")
    protocol = headers.get(b"git-protocol", b"").decode("latin-1")
    advertise = matched["end"] == "info/refs"
    return GitRequest(
        repository=matched["name"],
        service=_advertised(scope) if advertise else _posted(scope, headers, matched["end"]),
        advertise=advertise,
        protocol=protocol if _PROTOCOL.fullmatch(protocol) else "",
        gzipped=_is_gzipped(headers),
        credentials=_basic(headers.get(b"authorization", b"")),
        source_ip=_source_ip(scope, headers),
        address=scope["path"].removesuffix(f"/{matched['end']}"),
        host=headers.get(b"host", b"").decode("latin-1"),
        user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
        tls=scope.get("scheme") == "https",
    )


def _source_ip(scope: Any, headers: dict[bytes, bytes]) -> str:
    """The caller's address; behind a trusted proxy the one that the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := headers.get(b"x-forwarded-for")):
        return forwarded.decode("latin-1").rsplit(",", 1)[-1].strip()
    return str((scope.get("client") or ("",))[0])


def _advertised(scope: Any) -> str:
    if scope["method"] not in {"GET", "HEAD"}:
        raise Refusal(405, "info/refs answers GET only.", [(b"allow", b"GET")])
    query: bytes = scope["query_string"]
    service = parse_qs(query.decode("latin-1")).get("service", [""])[0]
    if service not in SERVICES:
        raise Refusal(403, "The dumb HTTP protocol is not served. Use git 1.6.6 or newer.")
    return service


def _posted(scope: Any, headers: dict[bytes, bytes], service: str) -> str:
    if scope["method"] != "POST":
        raise Refusal(405, f"{service} answers POST only.", [(b"allow", b"POST")])
    wanted = f"application/x-{service}-request"
    if headers.get(b"content-type", b"").decode("latin-1") != wanted:
        raise Refusal(415, f"The content type must be {wanted}.")
    return service


def _is_gzipped(headers: dict[bytes, bytes]) -> bool:
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise Refusal(415, f"The content encoding {encoding!r} is not understood; use gzip or none.")
    return "gzip" in encoding


def _basic(header: bytes) -> tuple[str, str] | None:
    """User and password of an ``Authorization`` header; None when there is none, or none readable."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
