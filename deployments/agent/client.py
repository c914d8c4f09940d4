"""Speaks to the server: JSON over outbound HTTP, and resumable downloads."""

from __future__ import annotations

import hashlib
import json
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHUNK = 256 << 10


class Unreachable(Exception):
    """The server did not answer, or had a fault of its own: try again."""


class Refused(Exception):
    """The server said no; ``error`` is its name for the reason."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error


class Corrupt(Exception):
    """What was downloaded is not what the digest promises."""


def _only(certificate: str) -> ssl.SSLContext:
    """Takes a server with exactly this certificate, and no other."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class Client:
    """One server as one instance sees it; safe to use from several threads."""

    def __init__(self, server: str, token: str = "", *, ca_file: str = "", certificate: str = "") -> None:
        self.base = server.rstrip("/")
        self.token = token
        self.generation = 0
        handlers: list[urllib.request.BaseHandler] = []
        if urlsplit(server).hostname in {"localhost", "127.0.0.1", "::1"}:
            handlers.append(urllib.request.ProxyHandler({}))
        if ca_file or certificate:
            context = _only(certificate) if certificate else ssl.create_default_context(cafile=ca_file)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self.opener = urllib.request.build_opener(*handlers)

    def post(self, name: str, body: dict[str, Any], *, timeout: float = 20) -> dict[str, Any]:
        """Send one message; the answer. Raises ``Refused``, ``Unreachable``."""
        data = json.dumps(body).encode()
        return self._json(self._request(name, data), timeout)

    def get(self, name: str, *, timeout: float) -> dict[str, Any]:
        """Ask. Raises ``Refused``, ``Unreachable``."""
        return self._json(self._request(name), timeout)

    def _request(self, name: str, data: bytes | None = None) -> urllib.request.Request:
        request = urllib.request.Request(f"{self.base}/agent/v1/{name}", data=data)  # noqa: S310  the operator names the server
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("X-Agent-Generation", str(self.generation))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        return request

    def _open(self, request: urllib.request.Request, timeout: float) -> Any:
        try:
            return self.opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{self.base}: {error}") from None

    @staticmethod
    def _refusal(error: urllib.error.HTTPError) -> Exception:
        try:
            said = json.loads(error.read(65536))
        except (OSError, ValueError, HTTPException):
            said = {}
        if error.code >= 500 or error.code == 429 or not isinstance(said, dict) or "error" not in said:
            return Unreachable(f"the server answered {error.code}")
        return Refused(error.code, str(said["error"]), str(said.get("message", "")))

    def _json(self, request: urllib.request.Request, timeout: float) -> dict[str, Any]:
        with self._open(request, timeout) as answer:
            try:
                return dict(json.loads(answer.read()))
            except (OSError, HTTPException, ValueError, TypeError) as error:
                raise Unreachable(f"the answer broke off: {error}") from None

    def download(self, digest: str, place: Path) -> None:
        """Fetch the revision ``digest`` into ``place``, going on where an earlier try broke off.

        Raises ``Refused``, ``Unreachable`` (call again to resume), ``Corrupt``.
        """
        part = place.with_name(place.name + ".part")
        have = part.stat().st_size if part.exists() else 0
        request = self._request(f"revisions/{digest}")
        if have:
            request.add_header("Range", f"bytes={have}-")
        with self._open(request, 60) as answer:
            mode = "ab" if answer.status == 206 else "wb"
            expected = int(answer.headers.get("Content-Length") or 0)
            with part.open(mode) as file:
                got = self._copy(answer, file)
        if got < expected:
            raise Unreachable(f"the download broke off after {got} of {expected} bytes")
        if file_digest(part) != digest:
            part.unlink()
            raise Corrupt("The revision's SHA-256 is not the one that was announced.")
        part.replace(place)

    @staticmethod
    def _copy(answer: Any, file: Any) -> int:
        got = 0
        try:
            while True:
                chunk = answer.read(CHUNK)
                if not chunk:
                    return got
                file.write(chunk)
                got += len(chunk)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"the download broke off: {error}") from None


def file_digest(place: Path) -> str:
    """The SHA-256 of a file, in hex."""
    total = hashlib.sha256()
    with place.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            total.update(chunk)
    return total.hexdigest()
