"""The ASGI side of the door: which requests are AWS calls, their bodies, and a pool of threads for the calls."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections

from devopsweb.awsapi import calls, protocols, refusals, registry
from devopsweb.awsapi.calls import Connection
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.problems import Response
from devopsweb.awsapi.recognise import recognise
from devopsweb.awsapi.sigv4 import SignedRequest

WORKERS = 8
MOST_WAITING = 256
IDLE_SECONDS = 30
HOPELESS = 8
_FORM = b"application/x-www-form-urlencoded"
_TELLING = frozenset({b"x-amz-target", b"smithy-protocol"})


class ClientGone(Exception):
    """The client went away before it had said everything."""


def is_call(scope: Any) -> bool:
    """Whether an HTTP request is meant for the AWS API. Asked of every request: no more than a look."""
    posted = scope["method"] == "POST" and scope["path"] == "/"
    for name, value in scope["headers"]:
        if name in _TELLING or (name == b"authorization" and value.startswith(b"AWS")):
            return True
        if posted and name == b"content-type" and value.startswith(_FORM):
            return True
    query = scope["query_string"]
    return b"X-Amz-" in query and (b"X-Amz-Algorithm=" in query or b"X-Amz-Signature=" in query)


class Door:
    """The raw ASGI application behind every AWS call."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="aws-api")
        self._waiting = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        limit = _limit(scope)
        is_hopeless = _declared(scope) > HOPELESS * limit
        try:
            body = None if is_hopeless else await _body(receive, limit)
        except (ClientGone, TimeoutError):
            return
        request = _request(scope, body or b"")
        if body is None:
            response = _refused(
                request, AwsError("RequestEntityTooLargeException", "The request is too large.")
            )
            if is_hopeless:
                # What is still to come is not read, not even to be thrown away; less is, or a client that is still
                # sending would not see the answer.
                response.headers.append(("connection", "close"))
        elif self._waiting >= MOST_WAITING:
            response = _refused(request, AwsError("ServiceUnavailableException", "Too many requests wait."))
        else:
            response = await self._answer(request, _connection(scope))
        await _send(send, response, head=scope["method"] == "HEAD")

    async def _answer(self, request: SignedRequest, connection: Connection) -> Response:
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, _work, calls.handle, request, connection)
        finally:
            self._waiting -= 1


def _work(
    function: Callable[[SignedRequest, Connection], Response], request: SignedRequest, connection: Connection
) -> Response:
    """In a thread that keeps its database connection as long as it is sound."""
    close_old_connections()
    try:
        return function(request, connection)
    finally:
        close_old_connections()


def _limit(scope: Any) -> int:
    """The largest body that is read. Only an operation that is known before its body may have more than usual."""
    usual: int = settings.DEVOPSWEB_API_BODY_LIMIT
    if not any(
        one.body_limit > usual for service in registry.services() for one in service.operations.values()
    ):
        return usual
    registered = recognise(_request(scope, b"")).registered
    return max(usual, registered.body_limit) if registered else usual


def _declared(scope: Any) -> int:
    """How long the body is said to be."""
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(given) if given.isdigit() else 0


async def _body(receive: Any, limit: int) -> bytes | None:
    """The whole body; None when it is larger than ``limit``. Raises ``ClientGone``, ``TimeoutError``."""
    pieces: list[bytes] = []
    size = 0
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _request(scope: Any, body: bytes) -> SignedRequest:
    raw = scope.get("raw_path") or scope["path"].encode()
    return SignedRequest(
        method=scope["method"],
        raw_path=raw.decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=[
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ],
        body=body,
        hosts=_other_names(scope),
    )


def _other_names(scope: Any) -> tuple[str, ...]:
    """What clients may have called us, when a proxy before us calls us something else."""
    configured = urlsplit(settings.DEVOPSWEB_BASE_URL).netloc
    if not settings.SECURE_PROXY_SSL_HEADER:
        return (configured,)
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-host"]
    return (configured, *(one.rsplit(",", 1)[-1].strip() for one in forwarded))


def _connection(scope: Any) -> Connection:
    """Behind a trusted proxy, what the proxy saw."""
    source, scheme = (scope.get("client") or ("",))[0], scope.get("scheme", "http")
    if settings.SECURE_PROXY_SSL_HEADER:
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        source = given.get(b"x-forwarded-for", source).rsplit(",", 1)[-1].strip()
        scheme = given.get(b"x-forwarded-proto", scheme).rsplit(",", 1)[-1].strip()
    return Connection(source_ip=source, scheme=scheme)


def _refused(request: SignedRequest, error: AwsError) -> Response:
    """A refusal before anything was asked."""
    given, request_id = recognise(request), str(uuid.uuid4())
    fault = refusals.fault(error, given)
    response: Response = protocols.of(given.protocol).refuse(fault, given.model, request_id)
    response.headers.append(("x-amzn-requestid", request_id))
    return response


async def _send(send: Any, response: Response, *, head: bool) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers
    ]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})
