"""Reads of one stream over HTTP, beside Django: ranges, marks, search, download.

Nothing is held whole: a download or a search runs chunk by chunk at the reader's speed.

``/logs/streams/<id>/lines?from=&limit=``  ``{"from", "total", "ended", "lines"}``; from may be negative
``/logs/streams/<id>/marks``               phases and failures
``/logs/streams/<id>/search?q=&limit=``    JSON lines ``{"numbers", "scanned"}``, last ``{"done", "count"}``
``/logs/streams/<id>/raw``                 the text; ``?plain`` without colours, ``?download`` as a file
"""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import parse_qs, quote

from channels.auth import AuthMiddleware
from channels.db import database_sync_to_async
from channels.sessions import SessionMiddlewareStack

from devopsweb.iam.middleware import PrincipalOfSocket
from devopsweb.kernel.errors import Denied, NotFound
from monitoring.logs import access, queries, responses
from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.engine.ansi import plain
from monitoring.logs.models import LogStream
from monitoring.logs.responses import Reply
from monitoring.logs.searching import search
from monitoring.logs.tails import frame

MOST_LINES = 5000
MOST_MATCHES = 10_000
_PATH = re.compile(r"/logs/streams/([0-9a-f-]{36})/(lines|marks|search|raw)")


async def log_reads(scope: Any, receive: Any, send: Any) -> None:
    """Answer one read, if the principal may do ``logs:GetLogEvents``."""
    reply = await _reply(scope)
    await responses.send_reply(reply, scope, receive, send)


async def _reply(scope: Any) -> Reply:
    match = _PATH.fullmatch(scope["path"])
    if match is None:
        return responses.error(404, "There is no such page.")
    if scope["method"] not in {"GET", "HEAD"}:
        return responses.error(405, "Logs are only read here.")
    if scope["principal"] is None:
        return responses.login(scope)
    try:
        row = await database_sync_to_async(access.stream)(scope["principal"], match[1])
    except (Denied, NotFound) as error:
        return responses.error(403 if isinstance(error, Denied) else 404, str(error))
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return cast("Reply", await _READS[match[2]](row, query))


def _number(query: dict[str, list[str]], name: str, default: int) -> int:
    try:
        return int(query[name][0])
    except (KeyError, ValueError):
        return default


async def _lines(row: LogStream, query: dict[str, list[str]]) -> Reply:
    start = _number(query, "from", 0)
    limit = min(max(_number(query, "limit", 2000), 1), MOST_LINES)
    return await asyncio.to_thread(_range, files.place(str(row.uuid)), start, limit)


def _range(folder: Any, start: int, limit: int) -> Reply:
    ended = files.is_ended(folder)
    if start < 0:
        start = max(0, files.extent(folder).lines + start)
    block, reach = files.read(folder, start, limit)
    body = frame(block, total=reach.lines, ended=ended).text.encode()
    tag = f'W/"{block.start}-{block.count}-{reach.lines}-{ended:d}"'
    # Lines never change, so what an ended log answered may be kept.
    age = "private, max-age=3600" if ended else "private, no-cache"
    return Reply(200, "application/json", body, {"etag": tag, "cache-control": age}, compress=True)


async def _marks(row: LogStream, query: dict[str, list[str]]) -> Reply:
    page = await asyncio.to_thread(queries.marks, str(row.uuid))
    body = json.dumps(
        {
            "total": page.total,
            "ended": page.ended,
            "first_ms": page.first_ms,
            "last_ms": page.last_ms,
            "marks": [[m.number, m.at_ms, m.mark, m.text] for m in page.marks],
        }
    )
    return Reply(200, "application/json", body.encode(), {"cache-control": "no-store"}, compress=True)


async def _search(row: LogStream, query: dict[str, list[str]]) -> Reply:
    text = query.get("q", [""])[0]
    if not text:
        return responses.error(400, "The search text q is missing.")
    limit = min(max(_number(query, "limit", MOST_MATCHES), 1), MOST_MATCHES)
    return Reply(
        200, "application/x-ndjson", _found(str(row.uuid), text, limit), {"cache-control": "no-store"}
    )


def _found(stream_id: str, text: str, limit: int) -> Iterator[bytes]:
    count = scanned = silent = 0
    for found in search(stream_id, text, limit=limit):
        count, scanned, silent = count + len(found.numbers), found.scanned, silent + 1
        if found.numbers or silent > 16:
            silent = 0
            yield json.dumps({"numbers": found.numbers, "scanned": scanned}).encode() + b"\n"
    yield (
        json.dumps({"done": True, "count": count, "scanned": scanned, "cut": count >= limit}).encode() + b"\n"
    )


async def _raw(row: LogStream, query: dict[str, list[str]]) -> Reply:
    headers = {"cache-control": "private, no-cache"}
    if "download" in query:
        name = re.sub(r"[^\w.-]+", "-", f"{row.group.name}-{row.name}").strip("-")
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.log"
    return Reply(200, "text/plain; charset=utf-8", _texts(str(row.uuid), bare="plain" in query), headers)


def _texts(stream_id: str, *, bare: bool) -> Iterator[bytes]:
    for block in files.chunks(files.place(stream_id)):
        text = "\n".join(records.texts(block.data)) + "\n"
        yield (plain(text) if bare else text).encode()


_READS: dict[str, Any] = {"lines": _lines, "marks": _marks, "search": _search, "raw": _raw}

ROUTES = [("/logs/streams/", SessionMiddlewareStack(AuthMiddleware(PrincipalOfSocket(log_reads))))]
