"""The end of every way to sign in: what is still owed, then the session begins, is listed and recorded."""

from datetime import datetime

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from devopsweb.iam import password_policy
from devopsweb.iam.actions import sessions
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.mfa import gate
from devopsweb.iam.middleware import source_ip
from devopsweb.iam.models import User

BACKEND = "devopsweb.iam.backend.IamBackend"


def proceed(
    request: HttpRequest,
    user: User,
    *,
    next_page: str,
    at: datetime,
    code_given: bool = False,
    code_asked: bool = False,
    with_password: bool = True,
) -> HttpResponse:
    """Let ``user`` in and lead to ``next_page``, or to the page that asks for what they still owe.

    ``code_given``: they gave a second factor, here or at a provider; ``code_asked``: here, so that a
    device of ours asks no more.
    """
    if mfa.is_enabled(user) and not code_asked:
        gate.hold(request.session, user, step="code", next_page=next_page, at=at)
        return redirect("login-code")
    if with_password and password_policy.must_change(user, at=at):
        gate.hold(request.session, user, step="password", next_page=next_page, at=at, code_given=code_given)
        return redirect("login-password")
    gate.release(request.session, code_given=code_given, at=at)
    _enter(request, user, at=at)
    return redirect(next_page)


def _enter(request: HttpRequest, user: User, *, at: datetime) -> None:
    login(request, user, backend=BACKEND)
    request.session.save()
    sessions.begin(
        user=user,
        session_key=str(request.session.session_key),
        source_ip=source_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        at=at,
        mfa=gate.AT in request.session,
    )
