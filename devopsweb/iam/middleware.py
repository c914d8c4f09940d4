"""Puts the caller's principal on requests and socket scopes."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse

from devopsweb.iam import api, directory
from devopsweb.iam.mfa import gate
from devopsweb.kernel import clock


def source_ip(request: HttpRequest) -> str:
    """The caller's address; behind a trusted proxy the one that the proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR") or "")


class SignInRequired(LoginRequiredMiddleware):
    """Sends strangers to the sign-in page; a live part of a page gets 401 and keeps what it shows."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        """The answer to a request without a session."""
        if "HX-Request" in request.headers:
            return HttpResponse("Sign in first.", status=401, content_type="text/plain")
        return super().handle_no_permission(request, view_func)


class PrincipalMiddleware:
    """``request.principal``: the logged-in user's principal, or None.

    All permission questions of one request cost one query together.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = {
            "aws:SourceIp": source_ip(request),
            "aws:UserAgent": request.headers.get("User-Agent", ""),
            "aws:SecureTransport": "true" if request.is_secure() else "false",
            **gate.facts(request.session, at=clock.now()),
        }
        # Django's types know neither attribute; views read the first one as ``iam.http.Request`` spells it.
        request.principal = api.principal_of(request.user, session=session)  # type: ignore[attr-defined]
        # The panel asks with the user alone: its questions know the same facts.
        request.user.facts = session  # type: ignore[union-attr]
        with directory.one_request():
            return self.get_response(request)


class PrincipalOfSocket:
    """``scope["principal"]`` for Channels consumers."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        user = scope["user"]
        facts = await sync_to_async(_facts_of_socket)(scope)
        principal = await sync_to_async(
            lambda: api.principal_of(getattr(user, "_wrapped", user), session=facts)
        )()
        return await self.app({**scope, "principal": principal}, receive, send)


def source_of_socket(scope: Any) -> tuple[str, bool]:
    """The caller's address and whether it is called over TLS; behind a trusted proxy what the proxy saw."""
    headers = dict(scope["headers"])
    address = str((scope.get("client") or [""])[0])
    secure = scope.get("scheme") == "wss"
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        address = forwarded.rsplit(",", 1)[-1].strip() or address
        secure = secure or headers.get(b"x-forwarded-proto") == b"https"
    return address, secure


def _facts_of_socket(scope: Any) -> dict[str, str]:
    """The condition keys that a page's request would have."""
    address, secure = source_of_socket(scope)
    return {
        "aws:SourceIp": address,
        "aws:UserAgent": dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1"),
        "aws:SecureTransport": "true" if secure else "false",
        **gate.facts(scope["session"], at=clock.now()),
    }
