"""Browser sessions: note them when they begin, end them from elsewhere."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from devopsweb.events import api as events
from devopsweb.iam import audit
from devopsweb.iam.event_types import SignedIn
from devopsweb.iam.models import BrowserSession, SignInAttempts, User
from devopsweb.iam.signin import FORGET_AFTER
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live

HIDDEN_NAME = "HIDDEN_DUE_TO_SECURITY_REASONS"


def begin(
    *, user: User, session_key: str, source_ip: str, user_agent: str, at: datetime, mfa: bool = False
) -> None:
    """Note that the user signed in with this session."""
    with transaction.atomic():
        BrowserSession.objects.update_or_create(
            session_key=session_key,
            defaults={
                "user": user,
                "source_ip": source_ip[:64],
                "user_agent": user_agent[:300],
                "signed_in_at": at,
            },
        )
        events.publish(
            SignedIn(user=user.username, result="Success", source_ip=source_ip), at=at, principal_arn=user.arn
        )
    principal = Principal(arn=user.arn, name=user.username, user_id=user.pk, unique_id=user.unique_id)
    audit.signed_in(name=user.username, principal=principal, at=at, mfa=mfa)


def refuse(*, username: str, source_ip: str, at: datetime) -> None:
    """Record a failed attempt; a name that is nobody's may be a password typed into the wrong field."""
    name = shown_name(username)
    events.publish(SignedIn(user=name, result="Failure", source_ip=source_ip), at=at)
    audit.signed_in(
        name=name,
        principal=None,
        at=at,
        reason="No username found in supplied account" if name == HIDDEN_NAME else "Failed authentication",
    )


def shown_name(username: str) -> str:
    """``username`` if it is somebody's, otherwise words that hide it."""
    known = "\0" not in username and User.objects.filter(username=username).exists()
    return username if known else HIDDEN_NAME


def present(*, user: User, at: datetime) -> list[BrowserSession]:
    """The user's sessions that are still good, newest first."""
    alive = Session.objects.filter(expire_date__gt=at).values("session_key")
    return list(user.browser_sessions.filter(session_key__in=alive).order_by("-signed_in_at"))


def forget(*, session_key: str) -> None:
    """The browser signed out by itself: its other open pages notice at once."""
    with transaction.atomic():
        BrowserSession.objects.filter(session_key=session_key).delete()
        live.session_ended(session_key)


def end(*, session: BrowserSession) -> None:
    """Sign that browser out; its open pages notice at once."""
    with transaction.atomic():
        Session.objects.filter(pk=session.session_key).delete()
        live.session_ended(session.session_key)
        session.delete()


def move(*, old_key: str, new_key: str) -> None:
    """Follow a session whose key was changed (Django does so with the password)."""
    BrowserSession.objects.filter(session_key=old_key).update(session_key=new_key)


def forget_expired(*, at: datetime) -> int:
    """Remove sessions that ran out and failed attempts that no longer count; how many sessions went."""
    Session.objects.filter(expire_date__lt=at).delete()
    gone, _ = BrowserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    SignInAttempts.objects.filter(last_failure_at__lt=at - FORGET_AFTER).delete()
    return gone


def end_others(*, user: User, keep: str) -> None:
    """Sign the user out everywhere but in the session ``keep``."""
    for session in user.browser_sessions.exclude(session_key=keep):
        end(session=session)
