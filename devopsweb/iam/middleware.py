"""Puts the caller's principal on requests and socket scopes."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse

from devopsweb.iam import api


class PrincipalMiddleware:
    """``request.principal``: the logged-in user's principal, or None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.principal = api.principal_of(request.user)  # type: ignore[attr-defined]
        return self.get_response(request)


class PrincipalOfSocket:
    """``scope["principal"]`` for Channels consumers."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        user = scope["user"]
        principal = await sync_to_async(lambda: api.principal_of(getattr(user, "_wrapped", user)))()
        return await self.app({**scope, "principal": principal}, receive, send)
