"""Managed policies: write, delete, attach and detach."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from devopsweb.iam.actions.news import tell
from devopsweb.iam.engine.policy import parse
from devopsweb.iam.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded, UnmodifiableEntity
from devopsweb.iam.models import Policy, PolicyAttachment, Role, User, UserGroup
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal

MOST_ATTACHED = 20
Target = User | UserGroup | Role
_KIND = {User: "user", UserGroup: "group", Role: "role"}


def create(
    *,
    name: str,
    document: Any,
    by: Principal | None,
    at: datetime,
    description: str = "",
    builtin: bool = False,
) -> Policy:
    """Make a policy. Raises ``MalformedPolicyDocument``, ``EntityAlreadyExists``."""
    parse(document)
    if Policy.objects.filter(name__iexact=name).exists():
        raise EntityAlreadyExists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    policy = Policy(name=name, document=document, description=description, builtin=builtin)
    try:
        policy.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            policy.save()
            tell("CreatePolicy", arns=[policy.arn], by=by, at=at, policyName=name)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    except IntegrityError:
        raise EntityAlreadyExists(f"A policy called {name} already exists.") from None
    return policy


def update(
    *, policy: Policy, document: Any, by: Principal | None, at: datetime, description: str | None = None
) -> None:
    """Give the policy a new document; it holds at once. Raises ``UnmodifiableEntity`` for built-in ones."""
    parse(document)
    if policy.builtin:
        raise UnmodifiableEntity(f"{policy.name} is built in. Create a policy of your own from it.")
    with transaction.atomic():
        policy.document = document
        policy.version += 1
        if description is not None:
            policy.description = description
        policy.save()
        tell("CreatePolicyVersion", arns=[policy.arn], by=by, at=at, policyArn=policy.arn, setAsDefault=True)


def delete(*, policy: Policy, by: Principal | None, at: datetime) -> None:
    """Delete a policy that nothing has attached. Raises ``DeleteConflict``, ``UnmodifiableEntity``."""
    if policy.builtin:
        raise UnmodifiableEntity(f"{policy.name} is built in and cannot be deleted.")
    with transaction.atomic():
        if count := policy.attachments.count():
            raise DeleteConflict(
                f"Cannot delete {policy.name}: it is attached to {count} "
                f"{'identity' if count == 1 else 'identities'}. Detach it first."
            )
        tell("DeletePolicy", arns=[policy.arn], by=by, at=at, policyArn=policy.arn)
        policy.delete()


def attach(*, policy: Policy, to: Target, by: Principal | None, at: datetime) -> bool:
    """Attach the policy; False when it was attached already. Raises ``LimitExceeded``."""
    kind = _KIND[type(to)]
    with transaction.atomic():
        if to.policy_attachments.count() >= MOST_ATTACHED:
            raise LimitExceeded(f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {MOST_ATTACHED}.")
        target: dict[str, Any] = {kind: to}
        _, made = PolicyAttachment.objects.get_or_create(policy=policy, **target)
        if made:
            tell(
                f"Attach{kind.capitalize()}Policy", arns=[policy.arn, to.arn], by=by, at=at,
                policyArn=policy.arn, **{f"{kind}Name": str(to)},
            )  # fmt: skip
    return made


def detach(*, policy: Policy, of: Target, by: Principal | None, at: datetime) -> bool:
    """Detach the policy; False when it was not attached."""
    kind = _KIND[type(of)]
    with transaction.atomic():
        gone, _ = PolicyAttachment.objects.filter(policy=policy, **{kind: of}).delete()
        if gone:
            tell(
                f"Detach{kind.capitalize()}Policy", arns=[policy.arn, of.arn], by=by, at=at,
                policyArn=policy.arn, **{f"{kind}Name": str(of)},
            )  # fmt: skip
    return bool(gone)
