"""Users: make, change, delete, and never lock everybody out."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists, LastAdministrator
from devopsweb.iam.models import PolicySet, User, UserGroup
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal


class WeakPassword(Invalid):
    """The password breaks the rules; the message says which."""


def create(*, name: str, password: str | None, by: Principal | None, at: datetime, email: str = "") -> User:
    """Make a user; without a password they cannot sign in. Raises ``EntityAlreadyExists``."""
    if User.objects.filter(username__iexact=name).exists():
        raise EntityAlreadyExists(f"User with name {name} already exists.")
    user = User(username=name, email=email)
    user.set_password(password)
    _clean(user)
    try:
        with transaction.atomic():
            user.save()
            tell("CreateUser", arns=[user.arn], by=by, at=at, userName=name)
    except IntegrityError:
        raise EntityAlreadyExists(f"User with name {name} already exists.") from None
    return user


def create_member(
    *, name: str, email: str, password: str, groups: list[UserGroup], by: Principal | None, at: datetime
) -> User:
    """Make a user with a password that keeps the rules, as a member of ``groups``.

    Raises ``EntityAlreadyExists``, ``WeakPassword``.
    """
    _check_password(password, User(username=name, email=email))
    with transaction.atomic():
        user = create(name=name, password=password, email=email, by=by, at=at)
        set_groups(user=user, groups=groups, by=by, at=at)
    return user


def set_password(*, user: User, password: str, by: Principal | None, at: datetime) -> None:
    """Give the user a new password; every session and cached sign-in of the old one ends."""
    _check_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        own = by is not None and by.user_id == user.pk
        tell(
            "ChangePassword" if own else "UpdateLoginProfile",
            arns=[user.arn], by=by, at=at, userName=user.username,
        )  # fmt: skip


def set_standing(
    *, user: User, active: bool, administrator: bool, by: Principal | None, at: datetime
) -> None:
    """Activate or deactivate the user, and give or take an administrator's power.

    Raises ``LastAdministrator``.
    """
    with transaction.atomic():
        if not (active and administrator):
            keep_an_administrator(without=user)
        user.is_active = active
        user.is_superuser = user.is_staff = administrator
        user.save(update_fields=["is_active", "is_superuser", "is_staff"])
        tell("UpdateUser", arns=[user.arn], by=by, at=at, userName=user.username, active=active)


def set_groups(*, user: User, groups: list[UserGroup], by: Principal | None, at: datetime) -> None:
    """Make the user a member of exactly ``groups``."""
    with transaction.atomic():
        before = set(user.iam_groups.all())
        user.iam_groups.set(groups)
        for group in sorted(before ^ set(groups), key=lambda group: group.name):
            name = "RemoveUserFromGroup" if group in before else "AddUserToGroup"
            tell(
                name, arns=[user.arn, group.arn], by=by, at=at,
                userName=user.username, groupName=group.name,
            )  # fmt: skip


def delete(*, user: User, by: Principal | None, at: datetime) -> None:
    """Delete the user with keys, memberships and attachments. Raises ``LastAdministrator``."""
    with transaction.atomic():
        keep_an_administrator(without=user)
        tell("DeleteUser", arns=[user.arn], by=by, at=at, userName=user.username)
        user.delete()


def keep_an_administrator(*, without: User) -> None:
    """Raise ``LastAdministrator`` if ``without`` is the only active superuser."""
    # Writing first takes the row's lock, under which the count stays true until the commit.
    PolicySet.touch()
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=without.pk)
    if without.pk and not others.exists() and _is_administrator(without):
        raise LastAdministrator(
            f"{without.username} is the last active administrator. Make somebody else an administrator first."
        )


def _is_administrator(user: User) -> bool:
    return User.objects.filter(pk=user.pk, is_superuser=True, is_active=True).exists()


def _clean(user: User) -> None:
    try:
        user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None
