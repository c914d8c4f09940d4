"""The agents' door: ``/agent/v1/…``, raw ASGI so that a thousand waiting polls hold no thread.

Every request but ``register`` carries the instance's bearer token, and every one but
``register`` and ``hello`` the agent's generation: an older agent process gets 409 and ends.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from deployments.actions import commands
from deployments.adapters import wake
from deployments.compute import errors as compute_errors
from deployments.compute.actions import instances
from deployments.compute.actions.instances import Hello
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from devopsweb.blobs import api as blobs
from devopsweb.kernel import clock, errors
from monitoring.logs.api import Line

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BODY = 4 << 20
LONGEST_POLL = 30.0
LOOK_EACH = 1.0


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: dict[str, Any]


class BadRequest(errors.Invalid):
    """The request is not what the protocol says."""


def instance_of(headers: dict[str, str], *, fenced: bool) -> Instance:
    """The instance whose token and generation the headers carry. Raises ``InvalidToken``, ``Superseded``."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    found = (
        Instance.objects.filter(token_hash=instances.digest(token)).first()
        if scheme.lower() == "bearer" and token
        else None
    )
    if found is None or found.status == InstanceStatus.DEREGISTERED:
        raise compute_errors.InvalidToken("The instance token is not valid. Register the host again.")
    if fenced and headers.get("x-agent-generation") != str(found.generation):
        raise compute_errors.Superseded("A newer agent process speaks for this instance.")
    return found


def register(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """Join by a join token."""
    tags = {str(k): str(v) for k, v in dict(body.get("tags") or {}).items()}
    instance, token = instances.register(
        join_token=str(body.get("token", "")), name=str(body.get("name", "")), tags=tags, at=clock.now()
    )
    return {"instance": instance.name, "token": token}


def hello(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """An agent process begins; it hears which events it is thought to be running."""
    instance = instance_of(headers, fenced=False)
    said = Hello(
        version=str(body.get("version", "")),
        address=headers.get(":client", ""),
        facts={str(k)[:40]: str(v)[:200] for k, v in list(dict(body.get("facts") or {}).items())[:20]},
    )
    generation = instances.hello(instance=instance, said=said, at=clock.now())
    return {
        "instance": instance.name,
        "generation": generation,
        "running": commands.running(instance),
    }


def heartbeat(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """Hear that the agent lives; tell it which of its commands nobody waits for."""
    instance = instance_of(headers, fenced=True)
    instances.beat(instance=instance, at=clock.now())
    claimed = [int(c) for c in body.get("running") or []]
    return {"abandon": commands.abandoned(instance, claimed) if claimed else []}


def claim(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """Take a command."""
    instance = instance_of(headers, fenced=True)
    return commands.claim(
        instance=instance, command=int(body["command"]), word=str(body["claim"])[:64], at=clock.now()
    )


def event(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """Report a command's outcome; the answer carries what comes next."""
    instance = instance_of(headers, fenced=True)
    said = commands.Report(
        status=str(body["status"]),
        code=str(body.get("code", "Success")),
        script=str(body.get("script", "")),
        message=str(body.get("message", "")),
        log_tail=str(body.get("log_tail", "")),
    )
    commands.report(
        instance=instance,
        command=int(body["command"]),
        fence=int(body["fence"]),
        said=said,
        at=clock.now(),
    )
    return {
        "over": commands.is_over(instance, int(body["command"])),
        "commands": commands.waiting(instance),
    }


def write(headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """Store log lines by number."""
    instance = instance_of(headers, fenced=True)
    lines = [Line(int(at), str(text), str(mark)) for at, text, mark in body["lines"]]
    return commands.write(
        instance=instance, target=int(body["target"]), first=int(body["first"]), lines=lines
    )


POSTS: dict[str, Callable[[dict[str, str], dict[str, Any]], dict[str, Any]]] = {
    "register": register,
    "hello": hello,
    "heartbeat": heartbeat,
    "claim": claim,
    "event": event,
    "log": write,
}


async def agents(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    headers[":client"] = scope["client"][0] if scope.get("client") else ""
    name = scope["path"].removeprefix("/agent/v1/")
    if scope["method"] == "GET" and name.startswith("revisions/"):
        await _guard(lambda: _download(headers, name.removeprefix("revisions/"), send), send)
    elif scope["method"] == "GET" and name == "poll":
        await _guard(lambda: _poll(headers, scope, receive, send), send)
    elif scope["method"] == "POST" and name in POSTS:
        await _guard(lambda: _post(name, headers, receive, send), send)
    else:
        await _send(send, Answer(404, {"error": "NotFound", "message": f"There is no /agent/v1/{name}."}))


async def _guard(work: Callable[[], Awaitable[None]], send: Send) -> None:
    """Run ``work``; our errors become their status, others a 500 that the agent will try again."""
    try:
        await work()
    except errors.DevOpsWebError as error:
        await _send(send, _refusal(error))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"The request is malformed: {type(error).__name__}: {error}"
        await _send(send, Answer(400, {"error": "BadRequest", "message": message}))


def _refusal(error: errors.DevOpsWebError) -> Answer:
    status = 500
    for base, code in (
        (compute_errors.InvalidToken, 401),
        (errors.Denied, 403),
        (errors.NotFound, 404),
        (errors.Invalid, 400),
        (errors.Conflict, 409),
        (errors.Fault, 503),
    ):
        if isinstance(error, base):
            status = code
            break
    return Answer(status, {"error": type(error).__name__, "message": str(error)})


async def _send(send: Send, answer: Answer) -> None:
    body = json.dumps(answer.body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _body(receive: Receive) -> dict[str, Any]:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The request broke off.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise BadRequest(f"The request is larger than {MAX_BODY} bytes.")
        if not message.get("more_body"):
            break
    parsed = json.loads(b"".join(parts) or b"{}")
    if not isinstance(parsed, dict):
        raise BadRequest("The body must be a JSON object.")
    return parsed


async def _post(name: str, headers: dict[str, str], receive: Receive, send: Send) -> None:
    body = await _body(receive)
    answer = await database_sync_to_async(POSTS[name], thread_sensitive=False)(headers, body)
    await _send(send, Answer(200, answer))


class Bell:
    """Rings when somebody wakes the instance, or when it is time to look again."""

    def __init__(self, instance_id: int) -> None:
        self.group = wake.group(instance_id)
        self.layer = get_channel_layer()
        self.channel = ""

    async def __aenter__(self) -> "Bell":
        try:
            self.channel = await self.layer.new_channel()
            await self.layer.group_add(self.group, self.channel)
        except (OSError, RedisError) as error:
            log.warning("agent polls without wake-ups", error=str(error))
            self.channel = ""
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.channel:
            try:
                await self.layer.group_discard(self.group, self.channel)
            except (OSError, RedisError) as error:
                log.warning("poll's channel not discarded", error=str(error))

    async def ring(self) -> None:
        """Return when woken; without a channel layer never."""
        if self.channel:
            await self.layer.receive(self.channel)
        else:
            await asyncio.Event().wait()


async def _poll(headers: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
    look = database_sync_to_async(_look, thread_sensitive=False)
    found = re.search(r"wait=(\d+)", scope["query_string"].decode("latin-1"))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(float(found.group(1)) if found else LONGEST_POLL, LONGEST_POLL)
    instance_id, offers = await look(headers)
    if offers or loop.time() >= deadline:
        await _send(send, Answer(200, {"commands": offers}))
        return
    async with Bell(instance_id) as bell:
        gone = asyncio.ensure_future(_gone(receive))
        ring = asyncio.ensure_future(bell.ring())
        try:
            while not offers and loop.time() < deadline and not gone.done():
                patience = max(0.0, min(LOOK_EACH, deadline - loop.time()))
                await asyncio.wait({gone, ring}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if ring.done():
                    ring = asyncio.ensure_future(bell.ring())
                _, offers = await look(headers)
        finally:
            for task in (gone, ring):
                task.cancel()
            await asyncio.gather(gone, ring, return_exceptions=True)
    await _send(send, Answer(200, {"commands": offers}))


def _look(headers: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
    instance = instance_of(headers, fenced=True)
    return instance.pk, commands.waiting(instance)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _allowed(headers: dict[str, str], digest: str) -> Any:
    instance = instance_of(headers, fenced=True)
    if not commands.may_download(instance, digest):
        raise errors.Denied(f"{instance.name} takes part in no deployment of this revision.")
    return blobs.path(digest)


async def _download(headers: dict[str, str], digest: str, send: Send) -> None:
    path = await database_sync_to_async(_allowed, thread_sensitive=False)(headers, digest)
    size = path.stat().st_size
    start = _range_start(headers.get("range", ""), size)
    head = [
        (b"content-type", b"application/zip"),
        (b"content-length", str(size - start).encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", f'"{digest}"'.encode()),
    ]
    if start:
        head.append((b"content-range", f"bytes {start}-{size - 1}/{size}".encode()))
    await send({"type": "http.response.start", "status": 206 if start else 200, "headers": head})
    with path.open("rb") as file:
        file.seek(start)
        while chunk := await asyncio.to_thread(file.read, 256 << 10):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _range_start(value: str, size: int) -> int:
    """The offset that ``Range: bytes=N-`` asks for; anything else means the whole file."""
    found = re.fullmatch(r"bytes=(\d+)-", value.strip())
    start = int(found.group(1)) if found else 0
    return start if start < size else 0


ROUTES = [("/agent/v1/", agents)]
