"""Turns our errors into pages, and sends the content security policy."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel import errors
from devopsweb.ui import pages

log = structlog.get_logger(__name__)

_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)


# The queue dashboard of django-rq carries its few style rules in its pages.
_QUEUES = ("/admin/rq/", "/admin/django_rq/")
_QUEUE_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class ContentSecurityPolicy:
    """Scripts and styles only from our own files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = _QUEUE_POLICY if request.path.startswith(_QUEUES) else _POLICY
        response.setdefault("Content-Security-Policy", policy)
        response.setdefault("Referrer-Policy", "same-origin")
        return response


class ErrorPages:
    """Answers the kinds of our errors with their page and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for ``error``; others go on to Django's 500."""
        if isinstance(error, errors.Denied):
            return _page(request, error, 403, _denied(error))
        if isinstance(error, errors.NotFound):
            return _page(request, error, 404)
        if isinstance(error, errors.Conflict):
            return _page(request, error, 409)
        if isinstance(error, errors.Invalid):
            return _page(request, error, 400)
        if isinstance(error, errors.Fault | OperationalError):
            log.error("request failed: a component is down", path=request.path, error=str(error))
            return _unavailable(request, error)
        return None


def _denied(error: errors.Denied) -> dict[str, Any]:
    if not isinstance(error, iam.AccessDenied):
        return {}
    principal, decision = error.principal, error.decision
    may_simulate = iam.is_allowed(principal, "iam:SimulatePrincipalPolicy", principal.arn)
    return {
        "decision": decision,
        "who": principal,
        "groups": iam.groups_of(principal),
        "why": iam.why_refused(decision),
        "granters": iam.who_can_help(principal, decision),
        "simulator": reverse("simulate") if may_simulate else "",
        "grant_at": pages.where_to_grant(principal, decision),
    }


def _page(
    request: HttpRequest, error: Exception | None, status: int, context: dict[str, Any] | None = None
) -> HttpResponse:
    if "HX-Request" in request.headers:
        # A live part keeps what it shows; a whole page inside of it would help nobody.
        return HttpResponse(str(error or ""), status=status, content_type="text/plain; charset=utf-8")
    found = {"error": error, "status": status, **(context or {})}
    return render(request, f"errors/{status}.html", found, status=status)


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    known = error if isinstance(error, errors.Fault) else None
    return HttpResponse(
        _bare("errors/503.html", request, error=known, health="/healthz"),
        status=503,
        headers={"Retry-After": "5"},
    )


def _bare(template: str, request: HttpRequest, **context: Any) -> str:
    """A page that asks neither the database nor anything else that could be the cause of the failure."""
    theme = request.COOKIES.get("theme", "")
    return loader.render_to_string(
        template, {"theme": theme if theme in {"light", "dark"} else "", **context}
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400 in our look."""
    return _page(request, exception if isinstance(exception, BadRequest) else None, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403 in our look."""
    return _page(request, exception if isinstance(exception, PermissionDenied) else None, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from one of our pages, or from one that is too old."""
    log.warning("form refused", path=request.path, reason=reason, host=settings.DEVOPSWEB_BASE_URL)
    return _page(request, None, 403, {"csrf": True})


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404 in our look."""
    return _page(request, None, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500 in our look, without anything that could fail again."""
    return HttpResponse(_bare("errors/500.html", request), status=500)
