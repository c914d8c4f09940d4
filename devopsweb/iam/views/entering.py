"""The end of every way to sign in: the session begins, is listed and recorded."""

from datetime import datetime

from django.contrib.auth import login
from django.http import HttpRequest

from devopsweb.iam.actions import sessions
from devopsweb.iam.middleware import source_ip
from devopsweb.iam.models import User

BACKEND = "devopsweb.iam.backend.IamBackend"


def enter(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Sign ``user`` in in this browser."""
    login(request, user, backend=BACKEND)
    request.session.save()
    sessions.begin(
        user=user,
        session_key=str(request.session.session_key),
        source_ip=source_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        at=at,
    )
