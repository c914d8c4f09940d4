"""One ASGI process: WebSockets by Channels, AWS calls and byte streams by raw ASGI, pages by Django's WSGI handler.

Pages go through WSGI because Django's ASGI handler costs over 1 ms of CPU for each
request and spools every body to disk; streams (git, uploads, agents, logs) must do neither.
An app offers a stream by a function in ``streams.py``: ``ROUTES = [(path prefix, ASGI app)]``.
"""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devopsweb.settings")

import django

django.setup()

from a2wsgi import WSGIMiddleware
from channels.auth import AuthMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from django.core.handlers.wsgi import WSGIHandler
from django.urls import re_path

from devopsweb import health
from devopsweb.awsapi import door
from devopsweb.discovery import collect
from devopsweb.iam.audit_middleware import AuditedSockets
from devopsweb.iam.middleware import PrincipalOfSocket
from devopsweb.live.origin import SameOrigin


def _routes(module: str) -> list[Any]:
    return [route for routes in collect(module, "ROUTES") for route in routes]


class Dispatcher:
    """Sends each HTTP request to the door of the AWS API, to the stream that owns its path, or to Django's pages."""

    def __init__(self, streams: list[tuple[str, Any]], pages: Any, calls: Any = None) -> None:
        self.streams = sorted(streams, key=lambda route: -len(route[0]))
        self.pages = pages
        self.calls = calls or door.Door()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if door.is_call(scope):
            await self.calls(scope, receive, send)
            return
        for prefix, stream in self.streams:
            if scope["path"].startswith(prefix):
                await stream(scope, receive, send)
                return
        await self.pages(scope, receive, send)


class Lifespan:
    """Answers uvicorn's lifespan protocol: nothing to prepare."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


application = ProtocolTypeRouter(
    {
        "http": Dispatcher(
            [*health.ROUTES, *_routes("streams")], WSGIMiddleware(cast("Any", WSGIHandler()), workers=10)
        ),
        "websocket": SameOrigin(
            SessionMiddlewareStack(
                AuthMiddleware(
                    PrincipalOfSocket(
                        AuditedSockets(
                            URLRouter([re_path(path, consumer) for path, consumer in _routes("sockets")])
                        )
                    )
                )
            )
        ),
        "lifespan": Lifespan(),
    }
)
