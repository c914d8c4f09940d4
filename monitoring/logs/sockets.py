"""The log socket ``/ws/logs/<stream>/?from=N``: every line from N on, once, in order, as it is written.

Frames are ``{"from", "total", "ended", "lines": [[at_ms, mark, text]…]}``; the first one is
empty and says that the socket is up. A viewer that comes back asks from the line it has not.
"""

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from devopsweb.kernel.errors import Denied, NotFound
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from monitoring.logs import access
from monitoring.logs.adapters.files import Block
from monitoring.logs.tails import Frame, Tail, frame, hub

RECHECK = 5.0
"""Seconds after which a permission that was taken away ends what is shown."""
SIGNED_OUT = 4401


async def log_socket(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application of one socket."""
    await receive()
    await send({"type": "websocket.accept"})
    stream_id = scope["url_route"]["kwargs"]["stream_id"]
    principal: Principal | None = scope.get("principal")
    session = getattr(scope.get("session"), "session_key", None) or ""
    code = await _refusal(principal, stream_id, session)
    if principal is None or code:
        await send({"type": "websocket.close", "code": code})
        return
    query = parse_qs(scope["query_string"].decode())
    asked = query.get("from", ["0"])[0]
    cursor = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else 0
    pump = asyncio.create_task(_pump(principal, session, stream_id, cursor, send))
    gone = asyncio.create_task(_until_gone(receive))
    over = asyncio.create_task(live.signed_out(session))
    try:
        await asyncio.wait({pump, gone, over}, return_when=asyncio.FIRST_COMPLETED)
        ended = over.done() and not pump.done() and not gone.done()
    finally:
        for task in (pump, gone, over):
            task.cancel()
        for task in (pump, over):
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task
    if ended:
        await send({"type": "websocket.close", "code": SIGNED_OUT})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _refusal(principal: Principal | None, stream_id: str, session: str) -> int:
    """The close code for whom the socket refuses; 0 lets in."""
    if principal is None or not await database_sync_to_async(live.is_signed_in)(principal, session):
        return SIGNED_OUT
    try:
        await database_sync_to_async(access.stream)(principal, stream_id)
    except Denied:
        return 4403
    except NotFound:
        return 4404
    return 0


async def _next(tail: Tail, cursor: int) -> Frame | None:
    try:
        return await tail.after(cursor)
    except NotFound:  # retention took the log away from under its reader
        return None


async def _pump(principal: Principal, session: str, stream_id: str, cursor: int, send: Any) -> None:
    clock = asyncio.get_running_loop().time
    async with hub().watch(stream_id) as tail:
        # Beyond the end: lines were lost with the machine's power; the viewer starts over from here.
        cursor = min(cursor, tail.line)
        hello = frame(Block(cursor, 0, b""), total=tail.line, ended=False)
        await send({"type": "websocket.send", "text": hello.text})
        recheck_at = clock() + RECHECK
        while (following := await _next(tail, cursor)) is not None:
            if clock() > recheck_at:
                recheck_at = clock() + RECHECK
                if code := await _refusal(principal, stream_id, session):
                    await send({"type": "websocket.close", "code": code})
                    return
            await send({"type": "websocket.send", "text": following.text})
            cursor = following.stop
        last = frame(Block(cursor, 0, b""), total=cursor, ended=True)
        await send({"type": "websocket.send", "text": last.text})
    await send({"type": "websocket.close", "code": 1000})


ROUTES = [(r"^ws/logs/(?P<stream_id>[0-9a-f-]{36})/$", log_socket)]
