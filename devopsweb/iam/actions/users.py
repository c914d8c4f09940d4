"""Users: make, change, delete, and never lock everybody out."""

from collections.abc import Mapping
from datetime import datetime

from devopsweb.iam import password_policy, quotas
from devopsweb.iam.actions import administrators, named, sessions
from devopsweb.iam.actions.entities import changing, save_named
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import DeleteConflict
from devopsweb.iam.models import Policy, User, UserGroup
from devopsweb.kernel.principals import Principal

IN_USE = "Cannot delete entity, must {} first."


def create(
    *,
    name: str,
    password: str | None,
    by: Principal | None,
    at: datetime,
    email: str = "",
    path: str = "/",
    tags: Mapping[str, str] | None = None,
    boundary: Policy | None = None,
) -> User:
    """Make a user; without a password they cannot sign in. Raises ``EntityAlreadyExists``."""
    user = User(
        username=name, email=email, path=path, tags=dict(tags or {}), permissions_boundary=boundary,
        date_joined=at,
    )  # fmt: skip
    user.set_password(password)
    with changing(*filter(None, [boundary])):
        save_named(user, exclude=("password",))
        tell("CreateUser", arns=[user.arn], by=by, at=at, userName=name, path=path)
    return user


def create_member(
    *, name: str, email: str, password: str, groups: list[UserGroup], by: Principal | None, at: datetime
) -> User:
    """Make a user with a password that keeps the rules, as a member of ``groups``.

    Raises ``EntityAlreadyExists``, ``WeakPassword``.
    """
    password_policy.check(password, User(username=name, email=email))
    with changing(*groups):
        user = create(name=name, password=password, email=email, by=by, at=at)
        set_groups(user=user, groups=groups, by=by, at=at)
    return user


def update(
    *, user: User, by: Principal | None, at: datetime, name: str | None = None, path: str | None = None
) -> None:
    """Give the user another name or path; identity policies that name the old ARN as
    a resource no longer mean them, those that name them as the principal still do.

    Raises ``EntityAlreadyExists``.
    """
    with changing(user):
        old = user.arn
        request = {"userName": user.username}
        if name is not None:
            user.username = request["newUserName"] = name
        if path is not None:
            user.path = request["newPath"] = path
        save_named(user, exclude=("password",), only=("username", "path"))
        named.renamed(old, user.arn)
        tell("UpdateUser", arns=[old, user.arn], by=by, at=at, **request)


def set_standing(
    *, user: User, active: bool, administrator: bool, by: Principal | None, at: datetime
) -> None:
    """Activate or deactivate the user, and give or take an administrator's power.

    Raises ``LastAdministrator``.
    """
    with changing(user):
        if not (active and administrator):
            administrators.keep_one(without=user)
        user.is_active = active
        user.is_superuser = user.is_staff = administrator
        user.save(update_fields=["is_active", "is_superuser", "is_staff"])
        if not active:
            sessions.end_others(user=user, keep="")
        tell("UpdateUser", arns=[user.arn], by=by, at=at, userName=user.username, active=active)


def set_groups(*, user: User, groups: list[UserGroup], by: Principal | None, at: datetime) -> None:
    """Make the user a member of exactly ``groups``."""
    with changing(user, *groups):
        before = set(user.iam_groups.all())
        user.iam_groups.set(groups)
        for group in sorted(before ^ set(groups), key=lambda group: group.name):
            name = "RemoveUserFromGroup" if group in before else "AddUserToGroup"
            tell(
                name, arns=[user.arn, group.arn], by=by, at=at,
                userName=user.username, groupName=group.name,
            )  # fmt: skip


def join(*, user: User, group: UserGroup, by: Principal | None, at: datetime) -> None:
    """Make the user a member of the group. Raises ``LimitExceeded``."""
    with changing(user, group):
        present = list(user.iam_groups.all())
        if group not in present:
            quotas.require("GroupsPerUser", len(present), quotas.GROUPS_PER_USER)
            set_groups(user=user, groups=[*present, group], by=by, at=at)


def leave(*, user: User, group: UserGroup, by: Principal | None, at: datetime) -> None:
    """Take the user out of the group."""
    with changing(user):
        kept = [one for one in user.iam_groups.all() if one != group]
        set_groups(user=user, groups=kept, by=by, at=at)


def delete(*, user: User, by: Principal | None, at: datetime) -> None:
    """Delete a user of whom nothing is left but the name. Raises ``DeleteConflict``, ``LastAdministrator``."""
    with changing(user):
        for first, rows in (
            ("delete login profile", user.has_usable_password()),
            ("delete access keys", user.access_keys.exists()),
            ("remove users from group", user.iam_groups.exists()),
            ("detach all policies", user.policy_attachments.exists()),
            ("delete policies", user.inline_policies.exists()),
            ("deactivate MFA devices", user.mfa_devices.exists()),
            ("delete service specific credentials", user.service_credentials.exists()),
        ):
            if rows:
                raise DeleteConflict(IN_USE.format(first))
        delete_with_belongings(user=user, by=by, at=at)


def delete_with_belongings(*, user: User, by: Principal | None, at: datetime) -> None:
    """Delete the user with credentials, memberships and policies, as the console does.

    Raises ``LastAdministrator``.
    """
    with changing(user):
        administrators.keep_one(without=user)
        tell("DeleteUser", arns=[user.arn], by=by, at=at, userName=user.username)
        named.deleted(user)
        sessions.end_others(user=user, keep="")
        user.delete()
