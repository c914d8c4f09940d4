"""Turns our errors into pages, and sends the content security policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from devopsweb.kernel import errors

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


class ContentSecurityPolicy:
    """Scripts and styles only from our own files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _POLICY)
        response.setdefault("Referrer-Policy", "same-origin")
        return response


class ErrorPages:
    """Answers the four kinds of our errors with their page and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for ``error``; others go on to Django's 500."""
        if isinstance(error, errors.Denied):
            return _page(request, error, 403)
        if isinstance(error, errors.NotFound):
            return _page(request, error, 404)
        if isinstance(error, errors.Conflict):
            return _page(request, error, 409)
        if isinstance(error, errors.Invalid):
            return _page(request, error, 400)
        return None


def _page(request: HttpRequest, error: Exception | None, status: int) -> HttpResponse:
    context = {"error": error, "status": status}
    return render(request, f"errors/{status}.html", context, status=status)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404 in our look."""
    return _page(request, None, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500 in our look, without anything that could fail again."""
    return render(request, "errors/500.html", {"status": 500}, status=500)
