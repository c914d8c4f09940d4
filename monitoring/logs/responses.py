"""Plain HTTP answers for raw ASGI: whole bodies with ETag and gzip, streams at the reader's speed."""

import asyncio
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.shortcuts import resolve_url


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is an iterator is sent piece by piece."""

    status: int
    kind: str
    body: bytes | Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    compress: bool = False


def error(status: int, message: str) -> Reply:
    """A refusal in words."""
    return Reply(status, "application/json", json.dumps({"error": message}).encode())


def login(scope: Any) -> Reply:
    """To the login page, and back here afterwards; scripts see a 401."""
    if _header(scope, b"sec-fetch-mode") not in {"", "navigate"}:
        return error(401, "Sign in to read logs.")
    query = scope["query_string"].decode("latin-1")
    here = scope["path"] + (f"?{query}" if query else "")
    where = f"{resolve_url(settings.LOGIN_URL)}?next={quote(here, safe='/')}"
    return Reply(302, "text/plain", b"", {"location": where})


def _header(scope: Any, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def send_reply(reply: Reply, scope: Any, receive: Any, send: Any) -> None:
    """Send ``reply`` as the request's headers allow."""
    headers = {
        "content-type": reply.kind,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        **reply.headers,
    }
    head = scope["method"] == "HEAD"
    if isinstance(reply.body, bytes):
        await _send_whole(reply, reply.body, headers, scope, send, head=head)
        return
    await _start(send, reply.status, headers)
    if not head:
        await _send_pieces(reply.body, receive, send)
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Any, status: int, headers: Mapping[str, str]) -> None:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _send_whole(
    reply: Reply, body: bytes, headers: dict[str, str], scope: Any, send: Any, *, head: bool
) -> None:
    status = reply.status
    if "etag" in headers and headers["etag"] in _header(scope, b"if-none-match"):
        status, body = 304, b""
    if reply.compress:
        headers["vary"] = "accept-encoding, cookie"
        if "gzip" in _header(scope, b"accept-encoding") and len(body) > 1000:
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["content-encoding"] = "gzip"
    if status != 304:
        headers["content-length"] = str(len(body))
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": b"" if head else body})


async def _send_pieces(pieces: Iterator[bytes], receive: Any, send: Any) -> None:
    gone = asyncio.create_task(_until_gone(receive))
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None and not gone.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        gone.cancel()


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
