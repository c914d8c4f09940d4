"""Roles: make, change, end their sessions, delete."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devopsweb.iam import principal_check, quotas
from devopsweb.iam.actions import named
from devopsweb.iam.actions.entities import changing, clean, save_named
from devopsweb.iam.actions.news import tell
from devopsweb.iam.actions.users import IN_USE
from devopsweb.iam.engine.policy import parse
from devopsweb.iam.errors import DeleteConflict, InvalidInput, UnmodifiableEntity
from devopsweb.iam.models import Policy, Role
from devopsweb.kernel.principals import Principal

SHORTEST_SESSION, LONGEST_SESSION = 3600, 43200
LINKED_PATH = "/aws-service-role/"


def create(
    *,
    name: str,
    trust_policy: Any,
    by: Principal | None,
    at: datetime,
    path: str = "/",
    description: str = "",
    max_session_seconds: int = SHORTEST_SESSION,
    tags: Mapping[str, str] | None = None,
    boundary: Policy | None = None,
    linked: bool = False,
) -> Role:
    """Make a role. Raises ``MalformedPolicyDocument``, ``EntityAlreadyExists``, ``LimitExceeded``, ``InvalidInput``."""
    if path.startswith(LINKED_PATH) and not linked:
        # Whoever made one could not change it any more.
        raise InvalidInput(
            f"Paths that begin with {LINKED_PATH} are for roles that CreateServiceLinkedRole makes."
        )
    parse(trust_policy, kind="trust")
    principal_check.require_there(trust_policy)
    _check_duration(max_session_seconds)
    role = Role(
        name=name, path=path, description=description, trust_policy=trust_policy, created_at=at,
        max_session_seconds=max_session_seconds, tags=dict(tags or {}), permissions_boundary=boundary,
    )  # fmt: skip
    with changing(*filter(None, [boundary])):
        quotas.require("Roles", Role.objects.count(), quotas.ROLES)
        save_named(role)
        tell("CreateRole", arns=[role.arn], by=by, at=at, roleName=name, path=path)
    return role


def update(
    *,
    role: Role,
    by: Principal | None,
    at: datetime,
    description: str | None = None,
    max_session_seconds: int | None = None,
) -> None:
    """Change what the role is for, or how long its sessions may last."""
    refuse_linked(role)
    if max_session_seconds is not None:
        _check_duration(max_session_seconds)
        role.max_session_seconds = max_session_seconds
    if description is not None:
        role.description = description
    clean(role)
    with changing(role):
        role.save(update_fields=["description", "max_session_seconds"])
        tell("UpdateRole", arns=[role.arn], by=by, at=at, roleName=role.name)


def set_trust(*, role: Role, trust_policy: Any, by: Principal | None, at: datetime) -> None:
    """Say who may assume the role. Raises ``MalformedPolicyDocument``."""
    refuse_linked(role)
    parse(trust_policy, kind="trust")
    principal_check.require_there(trust_policy)
    with changing(role):
        role.trust_policy = trust_policy
        role.save(update_fields=["trust_policy"])
        tell("UpdateAssumeRolePolicy", arns=[role.arn], by=by, at=at, roleName=role.name)


def revoke_sessions(*, role: Role, by: Principal | None, at: datetime) -> None:
    """End every session that has begun so far; new ones may begin."""
    with changing(role):
        role.sessions_revoked_before = at
        role.save(update_fields=["sessions_revoked_before"])
        tell("RevokeRoleSessions", arns=[role.arn], by=by, at=at, roleName=role.name)


def delete(*, role: Role, by: Principal | None, at: datetime) -> None:
    """Delete a role without policies. Raises ``DeleteConflict``."""
    refuse_linked(role)
    with changing(role):
        for first, rows in (
            ("detach all policies", role.policy_attachments.exists()),
            ("delete policies", role.inline_policies.exists()),
        ):
            if rows:
                raise DeleteConflict(IN_USE.format(first))
        delete_with_belongings(role=role, by=by, at=at)


def delete_with_belongings(*, role: Role, by: Principal | None, at: datetime) -> None:
    """Delete the role and its policies; whatever acts under it stops at once."""
    with changing(role):
        tell("DeleteRole", arns=[role.arn], by=by, at=at, roleName=role.name)
        named.deleted(role)
        role.delete()


def is_linked(role: Role) -> bool:
    """Whether the role belongs to a service, which alone decides about it."""
    return role.path.startswith(LINKED_PATH)


def refuse_linked(role: Role) -> None:
    """Raise ``UnmodifiableEntity`` for a service's own role."""
    if is_linked(role):
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only "
            "modifiable by AWS"
        )


def _check_duration(seconds: int) -> None:
    if not SHORTEST_SESSION <= seconds <= LONGEST_SESSION:
        raise InvalidInput(f"A session lasts {SHORTEST_SESSION} to {LONGEST_SESSION} seconds.")
