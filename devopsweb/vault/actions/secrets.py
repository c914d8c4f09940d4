"""Creates, describes, deletes and restores secrets, and sets their own policies and tags."""

import json
import secrets as randomness
import string
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.iam import api as iam
from devopsweb.kernel import tags
from devopsweb.kernel.principals import Principal
from devopsweb.vault.actions import versions
from devopsweb.vault.engine import names
from devopsweb.vault.errors import (
    BadParameter,
    BadResourcePolicy,
    NotNow,
    PublicPolicy,
    SecretExists,
)
from devopsweb.vault.event_types import SecretChanged
from devopsweb.vault.models import Secret
from devopsweb.vault.secret_queries import usable
from devopsweb.vault.types import Value

SHORTEST_WINDOW, LONGEST_WINDOW = 7, 30
_SUFFIX = string.ascii_letters + string.digits


def create(
    *,
    name: str,
    by: Principal,
    at: datetime,
    description: str = "",
    key_id: str = "",
    given: tags.Given = (),
    value: Value | None = None,
    token: str = "",
) -> tuple[Secret, str]:
    """A new secret and the id of its first version, empty without a value.

    The same call again (same ``token``, same value) gives the same secret. Raises ``SecretExists``,
    ``BadParameter``, ``NotNow``.
    """
    names.check_secret(name)
    wanted = tags.checked(given)
    present = Secret.objects.filter(name=name).first()
    if present is not None:
        return present, _again(present, token, value)
    row = Secret(
        name=name, suffix="".join(randomness.choice(_SUFFIX) for _ in range(6)), description=description,
        key_id=key_id, tags=wanted, created_at=at, changed_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            version_id = versions.add(row, value, token=token, stages=(), at=at) if value else ""
            tell("CreateSecret", row, by=by, at=at, version_id=version_id)
    except IntegrityError:
        raise SecretExists(f"The operation failed because the secret {name} already exists.") from None
    return row, version_id


def _again(present: Secret, token: str, value: Value | None) -> str:
    if present.delete_after is not None:
        raise NotNow(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    if not (token and value and versions.is_same(present, token, value)):
        raise SecretExists(f"The operation failed because the secret {present.name} already exists.")
    return token


def update(
    row: Secret,
    *,
    by: Principal,
    at: datetime,
    description: str | None = None,
    key_id: str | None = None,
    value: Value | None = None,
    token: str = "",
) -> str:
    """Change description, key or value; the id of the version that this made, else empty."""
    usable(row)
    with transaction.atomic():
        changes = {"description": description, "key_id": key_id}
        given = {field: text for field, text in changes.items() if text is not None}
        Secret.objects.filter(pk=row.pk).update(changed_at=at, **given)
        row.refresh_from_db()
        version_id = versions.add(row, value, token=token, stages=(), at=at) if value else ""
        tell("UpdateSecret", row, by=by, at=at, version_id=version_id)
    return version_id


def put_value(
    row: Secret,
    value: Value,
    *,
    by: Principal,
    at: datetime,
    token: str = "",
    stages: Iterable[str] = (),
) -> str:
    """A further version with ``stages``, ``AWSCURRENT`` unless named otherwise; its id."""
    usable(row)
    with transaction.atomic():
        version_id = versions.add(row, value, token=token, stages=tuple(stages), at=at)
        tell("PutSecretValue", row, by=by, at=at, version_id=version_id)
    return version_id


def move_stage(row: Secret, name: str, *, to: str, away_from: str, by: Principal, at: datetime) -> None:
    """Put a staging label on the version ``to`` and take it off ``away_from``; either may be empty."""
    usable(row)
    with transaction.atomic():
        versions.move_stage(row, name, to=to, away_from=away_from, at=at)
        tell("UpdateSecretVersionStage", row, by=by, at=at, version_id=to)


def delete(
    row: Secret, *, by: Principal, at: datetime, days: int | None = None, at_once: bool = False
) -> datetime:
    """Delete the secret at once or after ``days`` (30); when it will be gone. Raises ``BadParameter``, ``NotNow``."""
    if at_once and days is not None:
        raise BadParameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        raise BadParameter(
            f"The RecoveryWindowInDays value must be between {SHORTEST_WINDOW} and {LONGEST_WINDOW} days (inclusive)."
        )
    if not at_once and row.delete_after is not None:
        raise NotNow(
            "You can't perform this operation on the secret because it was already scheduled for deletion."
        )
    gone_at = at if at_once else at + timedelta(days=days or LONGEST_WINDOW)
    with transaction.atomic():
        if at_once:
            Secret.objects.filter(pk=row.pk).delete()
        else:
            Secret.objects.filter(pk=row.pk, delete_after=None).update(delete_after=gone_at, changed_at=at)
        tell("DeleteSecret", row, by=by, at=at)
    return gone_at


def restore(row: Secret, *, by: Principal, at: datetime) -> None:
    """Keep a secret that was to be deleted."""
    with transaction.atomic():
        Secret.objects.filter(pk=row.pk).update(delete_after=None, changed_at=at)
        tell("RestoreSecret", row, by=by, at=at)


def sweep(*, at: datetime) -> int:
    """Delete the secrets whose recovery window is over; how many."""
    count = 0
    for row in Secret.objects.filter(delete_after__lte=at)[:500]:
        with transaction.atomic():
            gone, _ = Secret.objects.filter(pk=row.pk, delete_after__lte=at).delete()
            if gone:
                tell("EndSecretDelete", row, by=None, at=at)
                count += 1
    return count


def tag(row: Secret, given: tags.Given, *, by: Principal, at: datetime) -> None:
    """Add or replace tags. Raises ``NotNow``, ``kernel.tags.InvalidTags``."""
    usable(row)
    with transaction.atomic():
        tags.add(row, given)
        _retagged("TagResource", row, by=by, at=at)


def untag(row: Secret, keys: Iterable[str], *, by: Principal, at: datetime) -> None:
    """Remove tags. Raises ``NotNow``."""
    usable(row)
    with transaction.atomic():
        tags.remove(row, keys)
        _retagged("UntagResource", row, by=by, at=at)


def _retagged(event: str, row: Secret, *, by: Principal, at: datetime) -> None:
    Secret.objects.filter(pk=row.pk).update(changed_at=at)
    tell(event, row, by=by, at=at)


def set_policy(row: Secret, text: str, *, by: Principal, at: datetime, allow_public: bool = True) -> None:
    """Give the secret a policy of its own; empty takes it away.

    Raises ``BadResourcePolicy``, ``PublicPolicy``.
    """
    if text:
        document = check_policy(text)
        if not allow_public and lets_everybody_in(document):
            raise PublicPolicy(
                "This resource policy grants public access to the secret. It was not attached."
            )
    with transaction.atomic():
        Secret.objects.filter(pk=row.pk).update(resource_policy=text, changed_at=at)
        tell("PutResourcePolicy" if text else "DeleteResourcePolicy", row, by=by, at=at)


def rename_principal(old: str, change: Callable[[Any], Any]) -> None:
    """A user or role that policies may name as ``old`` got another name, or is gone."""
    for row in Secret.objects.filter(resource_policy__contains=old).select_for_update():
        document = json.loads(row.resource_policy)
        if (changed := change(document)) != document:
            Secret.objects.filter(pk=row.pk).update(resource_policy=json.dumps(changed))


def check_policy(text: str) -> Mapping[str, Any]:
    """The policy's document. Raises ``BadResourcePolicy``."""
    try:
        return iam.resource_policy(text)
    except iam.MalformedPolicyDocument as error:
        raise BadResourcePolicy(f"This resource policy contains an error: {error}") from None


def lets_everybody_in(document: Mapping[str, Any]) -> bool:
    """Whether a statement without a condition allows something to anybody."""
    given = document.get("Statement", [])
    statements = given if isinstance(given, list) else [given]
    return any(
        one.get("Effect") == "Allow"
        and not one.get("Condition")
        and ("NotPrincipal" in one or _names_all(one.get("Principal")))
        for one in statements
    )


def _names_all(principal: Any) -> bool:
    if isinstance(principal, dict):
        return any(_names_all(value) for value in principal.values())
    return "*" in principal if isinstance(principal, list) else principal == "*"


def tell(name: str, row: Secret, *, by: Principal | None, at: datetime, version_id: str = "") -> None:
    """Publish the operation ``name`` upon the secret, in the present transaction."""
    told = SecretChanged(event_name=name, name=row.name, arn=row.arn, version_id=version_id)
    events.publish(told, at=at, principal_arn=by.arn if by else "")
