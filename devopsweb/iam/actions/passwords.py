"""Passwords: a user's login profile, and their own change of it."""

from datetime import datetime

from django.db import transaction

from devopsweb.iam import password_policy, signin
from devopsweb.iam.actions import administrators, sessions
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity
from devopsweb.iam.models import User
from devopsweb.kernel.principals import Principal


def create_profile(
    *, user: User, password: str, reset_required: bool, by: Principal | None, at: datetime
) -> None:
    """Let the user sign in with ``password``. Raises ``EntityAlreadyExists``, ``WeakPassword``."""
    if user.has_usable_password():
        raise EntityAlreadyExists(f"Login Profile for user {user.username} already exists.")
    password_policy.check(password, user)
    _store(user, password, reset_required, "CreateLoginProfile", by, at)


def update_profile(
    *,
    user: User,
    by: Principal | None,
    at: datetime,
    password: str | None = None,
    reset_required: bool | None = None,
) -> None:
    """Give the user another password, or say whether they must change it.

    Raises ``NoSuchEntity`` without a profile, ``WeakPassword``.
    """
    require_profile(user)
    reset = user.password_reset_required if reset_required is None else reset_required
    if password is not None:
        password_policy.check(password, user)
    with transaction.atomic():
        _store(user, password, reset, "UpdateLoginProfile", by, at)
        if password is not None:
            sessions.end_others(user=user, keep="")


def delete_profile(*, user: User, by: Principal | None, at: datetime) -> None:
    """Take the user's password away: keys still work. Raises ``NoSuchEntity``, ``LastAdministrator``."""
    require_profile(user)
    with transaction.atomic():
        _store(user, "", False, "DeleteLoginProfile", by, at)
        administrators.keep_a_way_in()
        sessions.end_others(user=user, keep="")


def change_own(*, user: User, old: str, new: str, by: Principal, at: datetime, source_ip: str = "") -> None:
    """Change one's own password.

    Raises ``InvalidInput`` when ``old`` is wrong, ``WeakPassword``, and ``TooManyAttempts``: guesses
    made with a stolen key lock like those at sign-in.
    """
    signin.guard(user.username, source_ip=source_ip, at=at)
    if not user.check_password(old):
        signin.note_failure(user.username, source_ip=source_ip, at=at)
        raise InvalidInput("The old password was incorrect.")
    set_password(user=user, password=new, by=by, at=at)


def set_password(*, user: User, password: str, by: Principal | None, at: datetime) -> None:
    """Give the user a new password; every session and cached sign-in of the old one ends."""
    password_policy.check(password, user)
    own = by is not None and by.user_id == user.pk
    _store(user, password, False, "ChangePassword" if own else "UpdateLoginProfile", by, at)


def require_profile(user: User) -> None:
    """Raise ``NoSuchEntity`` for a user without a password."""
    if not user.has_usable_password():
        raise NoSuchEntity(f"Login Profile for User {user.username} cannot be found.")


def _store(
    user: User, password: str | None, reset: bool, name: str, by: Principal | None, at: datetime
) -> None:
    """``password``: None leaves it, empty takes it away."""
    with transaction.atomic():
        if password:
            user.set_password(password)
        elif password == "":
            user.set_unusable_password()
        user.password_reset_required = reset
        user.save(update_fields=["password", "password_reset_required"])
        tell(name, arns=[user.arn], by=by, at=at, userName=user.username)
