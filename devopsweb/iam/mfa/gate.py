"""Between the password and the session: who was recognised, and what they still owe."""

from datetime import datetime, timedelta
from typing import Any

from devopsweb.iam import signin
from devopsweb.iam.mfa import actions
from devopsweb.iam.models import User

_PENDING = "second_factor"
LONGEST = timedelta(minutes=5)
AT = "mfa_at"
"""Session key: when the second factor was given (epoch seconds)."""


def hold(session: Any, user: User, *, step: str, next_page: str, at: datetime) -> None:
    """Note in the browser's session that ``user`` owes ``step`` (``code`` or ``password``) before they are in."""
    session[_PENDING] = {
        "user": user.pk,
        "step": step,
        "hash": user.get_session_auth_hash(),
        "until": (at + LONGEST).timestamp(),
        "next": next_page,
    }


def held(session: Any, *, step: str, at: datetime) -> tuple[User, str] | None:
    """Who owes ``step``, and the page to go to after it; None when nobody does, or no longer."""
    noted = session.get(_PENDING)
    if not noted or noted["step"] != step or noted["until"] < at.timestamp():
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != noted["hash"]:
        return None
    return user, noted["next"]


def give(user: User, code: str, *, source_ip: str, at: datetime) -> bool:
    """Check the second factor; failures lock like those of passwords. Raises ``TooManyAttempts``."""
    name = f"second factor of {user.username}"
    signin.guard(name, source_ip=source_ip, at=at)
    if actions.accept(user=user, code=code, at=at):
        signin.note_success(name, source_ip=source_ip)
        return True
    signin.note_failure(name, source_ip=source_ip, at=at)
    return False


def note_given(session: Any, *, at: datetime) -> None:
    """The second factor was given: note when, for policies that ask."""
    session[AT] = int(at.timestamp())


def release(session: Any) -> None:
    """Nothing is owed any more."""
    session.pop(_PENDING, None)


def facts(session: Any, *, at: datetime) -> dict[str, str]:
    """The condition keys ``aws:MultiFactorAuthPresent`` and ``aws:MultiFactorAuthAge`` of a browser's session."""
    given = session.get(AT)
    if given is None:
        return {"aws:MultiFactorAuthPresent": "false"}
    age = max(0, int(at.timestamp()) - int(given))
    return {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": str(age)}
