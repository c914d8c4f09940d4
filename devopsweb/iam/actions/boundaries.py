"""Permissions boundaries of users and roles."""

from datetime import datetime

from devopsweb.iam.actions import inline
from devopsweb.iam.actions.entities import changing, kind_of, request_name
from devopsweb.iam.actions.news import tell
from devopsweb.iam.models import Policy, Role, User
from devopsweb.kernel.principals import Principal


def put(*, target: User | Role, policy: Policy, by: Principal | None, at: datetime) -> None:
    """Let the policy limit what the others give to the user or role."""
    _set(target, policy, "Put", by, at)


def remove(*, target: User | Role, by: Principal | None, at: datetime) -> None:
    """Lift the limit."""
    _set(target, None, "Delete", by, at)


def _set(target: User | Role, policy: Policy | None, verb: str, by: Principal | None, at: datetime) -> None:
    inline.refuse_linked(target)
    with changing(target, *filter(None, [policy])):
        target.permissions_boundary = policy
        target.save(update_fields=["permissions_boundary"])
        tell(
            f"{verb}{kind_of(target).capitalize()}PermissionsBoundary",
            arns=[target.arn, *([policy.arn] if policy else [])],
            by=by, at=at,
            **request_name(target), **({"permissionsBoundary": policy.arn} if policy else {}),
        )  # fmt: skip
