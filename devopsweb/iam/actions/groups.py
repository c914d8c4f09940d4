"""Groups: make, rename and delete."""

from datetime import datetime

from devopsweb.iam import quotas
from devopsweb.iam.actions.entities import changing, save_named
from devopsweb.iam.actions.news import tell
from devopsweb.iam.actions.users import IN_USE
from devopsweb.iam.errors import DeleteConflict
from devopsweb.iam.models import UserGroup
from devopsweb.kernel.principals import Principal


def create(*, name: str, by: Principal | None, at: datetime, path: str = "/") -> UserGroup:
    """Make a group. Raises ``EntityAlreadyExists``, ``LimitExceeded``."""
    group = UserGroup(name=name, path=path, created_at=at)
    with changing():
        quotas.require("Groups", UserGroup.objects.count(), quotas.GROUPS)
        save_named(group)
        tell("CreateGroup", arns=[group.arn], by=by, at=at, groupName=name, path=path)
    return group


def update(
    *, group: UserGroup, by: Principal | None, at: datetime, name: str | None = None, path: str | None = None
) -> None:
    """Give the group another name or path. Raises ``EntityAlreadyExists``."""
    with changing(group):
        old = group.arn
        request = {"groupName": group.name}
        if name is not None:
            group.name = request["newGroupName"] = name
        if path is not None:
            group.path = request["newPath"] = path
        save_named(group, only=("name", "path"))
        tell("UpdateGroup", arns=[old, group.arn], by=by, at=at, **request)


def delete(*, group: UserGroup, by: Principal | None, at: datetime) -> None:
    """Delete a group without members and policies. Raises ``DeleteConflict``."""
    with changing(group):
        for first, rows in (
            ("remove users from group", group.members.exists()),
            ("detach all policies", group.policy_attachments.exists()),
            ("delete policies", group.inline_policies.exists()),
        ):
            if rows:
                raise DeleteConflict(IN_USE.format(first))
        delete_with_belongings(group=group, by=by, at=at)


def delete_with_belongings(*, group: UserGroup, by: Principal | None, at: datetime) -> None:
    """Delete the group; its members stay, without what it gave them."""
    with changing(group):
        tell("DeleteGroup", arns=[group.arn], by=by, at=at, groupName=group.name)
        group.delete()
