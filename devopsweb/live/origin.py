"""Lets pages of our own open sockets, and no others.

A browser sends the cookies of a host to it whatever page asks, also from another port or a neighbouring name
(the application that was just deployed); pages are protected by their form's token, sockets by this.
"""

from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings


class SameOrigin:
    """Refuses sockets that a page of another origin opens. Programs name no origin and have no cookies."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
        if all(is_ours(value, headers) for name, value in headers if name == b"origin"):
            return await self.app(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def is_ours(origin: str, headers: list[tuple[bytes, str]]) -> bool:
    """Whether a page of ``origin`` is one of ours, as the ``headers`` of its request tell."""
    known = {urlsplit(settings.DEVOPSWEB_BASE_URL).netloc}
    known |= {value for name, value in headers if name == b"host"}
    if settings.SECURE_PROXY_SSL_HEADER:
        known |= {value.rpartition(",")[2].strip() for name, value in headers if name == b"x-forwarded-host"}
    place = urlsplit(origin).netloc.lower()
    if place and place in {one.lower() for one in known}:
        return True
    return any(fnmatchcase(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)
