"""Opens a recorder around each page's request, and around each socket, and tells how it ended."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from devopsweb.iam import audit
from devopsweb.iam.middleware import source_ip, source_of_socket

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OURS = frozenset({"csrfmiddlewaretoken", "next", "part"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class AuditMiddleware:
    """Stands last, so that it sees an exception before others turn it into a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.recording(_facts(request)) as recorder:
            response = self.get_response(request)
            if recorder.asked or recorder.doubt:
                recorder.close(
                    failed=response.status_code >= 400,
                    denied=response.status_code == 403,
                    parameters=_parameters(request),
                )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Keep the reason; whoever stands outside of us answers it."""
        audit.failed(*audit.named(error))


class AuditedSockets:
    """A socket's refusals are told at once: it may stay open for days."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = dict(scope.get("headers", ()))
        address, secure = source_of_socket(scope)
        facts = audit.Facts(
            source_ip=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            host=headers.get(b"host", b"").decode("latin-1"),
            tls=secure,
            console=True,
            safe=True,
            parameters={"path": scope.get("path", "")},
        )
        with audit.recording(facts) as recorder:
            recorder.immediate = True
            return await self.app(scope, receive, send)


def _facts(request: HttpRequest) -> audit.Facts:
    return audit.Facts(
        source_ip=source_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        host=request.META.get("HTTP_HOST", ""),
        tls=request.is_secure(),
        console=True,
        safe=request.method in _SAFE,
    )


def _parameters(request: HttpRequest) -> dict[str, Any]:
    """What the address and the form say; of uploaded files the names."""
    matched = request.resolver_match
    found: dict[str, Any] = {key: str(value) for key, value in (matched.kwargs if matched else {}).items()}
    if request.method in _SAFE:
        return found
    if request.content_type in _FORMS:
        for key, values in request.POST.lists():
            if key not in _OURS and any(values):
                found[key] = values[0] if len(values) == 1 else values
        found |= {key: str(file) for key, file in request.FILES.items()}
    return found
