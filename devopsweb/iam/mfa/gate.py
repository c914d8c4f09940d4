"""Between the password and the session: who was recognised, and what they still owe."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from devopsweb.iam import signin
from devopsweb.iam.mfa import actions
from devopsweb.iam.models import User

_PENDING = "second_factor"
LONGEST = timedelta(minutes=5)
AT = "mfa_at"
"""Session key: when the second factor was given (epoch seconds)."""


def hold(
    session: Any, user: User, *, step: str, next_page: str, at: datetime, code_given: bool = False
) -> None:
    """Note in the browser's session that ``user`` owes ``step`` (``code`` or ``password``) before they are in."""
    session[_PENDING] = {
        "user": user.pk,
        "step": step,
        "code_given": code_given,
        "hash": user.get_session_auth_hash(),
        "until": (at + LONGEST).timestamp(),
        "next": next_page,
    }


@dataclass(frozen=True)
class Owed:
    """Who owes a step, the page to go to after it, and whether they gave a second factor before."""

    user: User
    next_page: str
    code_given: bool


def held(session: Any, *, step: str, at: datetime) -> Owed | None:
    """Who owes ``step``; None when nobody does, or no longer."""
    noted = session.get(_PENDING)
    if not noted or noted["step"] != step or noted["until"] < at.timestamp():
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != noted["hash"]:
        return None
    return Owed(user, noted["next"], noted["code_given"])


def give(user: User, code: str, *, at: datetime) -> bool:
    """Check the second factor; failures lock it, wherever they come from. Raises ``TooManyAttempts``.

    A code has six digits, and whoever may guess already knows the password.
    """
    name = counted_as(user)
    signin.guard(name, source_ip="", at=at)
    if actions.accept(user=user, code=code, at=at):
        signin.note_success(name, source_ip="")
        return True
    signin.note_failure(name, source_ip="", at=at)
    return False


def counted_as(user: User) -> str:
    """Under what name failures of the user's second factor are counted, on pages and in the API."""
    return f"second factor of {user.unique_id}"


def note_given(session: Any, *, at: datetime) -> None:
    """The second factor was given: note when, for policies that ask."""
    session[AT] = int(at.timestamp())


def release(session: Any, *, code_given: bool, at: datetime) -> None:
    """Nothing is owed any more. What an earlier user of this browser gave counts for nobody else."""
    session.pop(_PENDING, None)
    session.pop(AT, None)
    if code_given:
        note_given(session, at=at)


def facts(session: Any, *, at: datetime) -> dict[str, str]:
    """The condition keys ``aws:MultiFactorAuthPresent`` and ``aws:MultiFactorAuthAge`` of a browser's session."""
    given = session.get(AT)
    if given is None:
        return {"aws:MultiFactorAuthPresent": "false"}
    age = max(0, int(at.timestamp()) - int(given))
    return {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": str(age)}
