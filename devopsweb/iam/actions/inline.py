"""Inline policies: part of one user, group or role."""

from datetime import datetime
from typing import Any

from devopsweb.iam import quotas
from devopsweb.iam.actions import roles
from devopsweb.iam.actions.entities import Target, changing, clean, inline_of, kind_of, request_name
from devopsweb.iam.actions.news import tell
from devopsweb.iam.engine.policy import parse, size
from devopsweb.iam.errors import LimitExceeded, NoSuchEntity
from devopsweb.iam.models import InlinePolicy, Role
from devopsweb.kernel.principals import Principal


def put(*, target: Target, name: str, document: Any, by: Principal | None, at: datetime) -> InlinePolicy:
    """Write the inline policy ``name``. Raises ``MalformedPolicyDocument``, ``LimitExceeded``."""
    kind = kind_of(target)
    refuse_linked(target)
    limit = quotas.INLINE_SIZE[kind]
    parse(document, longest=limit)
    with changing(target):
        others = sum(size(one.document) for one in inline_of(target) if one.name != name)
        if others + size(document) > limit:
            raise LimitExceeded(
                f"Maximum policy size of {limit} bytes exceeded for {kind} {target}",
            )
        row = inline_of(target).filter(name=name).first() or InlinePolicy(name=name, **{kind: target})
        row.document = document
        clean(row)
        row.save()
        tell(
            f"Put{kind.capitalize()}Policy", arns=[target.arn], by=by, at=at,
            policyName=name, **request_name(target),
        )  # fmt: skip
    return row


def delete(*, target: Target, name: str, by: Principal | None, at: datetime) -> None:
    """Delete the inline policy. Raises ``NoSuchEntity``."""
    kind = kind_of(target)
    refuse_linked(target)
    row = find(target, name)
    with changing(target, row):
        row.delete()
        tell(
            f"Delete{kind.capitalize()}Policy", arns=[target.arn], by=by, at=at,
            policyName=name, **request_name(target),
        )  # fmt: skip


def find(target: Target, name: str) -> InlinePolicy:
    """The inline policy of that name. Raises ``NoSuchEntity``."""
    found = inline_of(target).filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"The {kind_of(target)} policy with name {name} cannot be found.")
    return found


def refuse_linked(target: Target) -> None:
    """Raise ``UnmodifiableEntity`` for a service's own role."""
    if isinstance(target, Role):
        roles.refuse_linked(target)
