"""Versions of a secret and the stages that are on them."""

import hmac
from datetime import date, datetime, timedelta

from django.db import transaction

from devopsweb.kernel import ids
from devopsweb.vault import envelope
from devopsweb.vault.errors import BadParameter, SecretExists, SecretNotFound, TooManyVersions
from devopsweb.vault.models import Secret, SecretStage, SecretVersion
from devopsweb.vault.types import Value

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
MOST_VERSIONS = 100
MOST_STAGES = 20


def add(row: Secret, value: Value, *, token: str, stages: tuple[str, ...], at: datetime) -> str:
    """A further version, whose id is ``token``; its id. The same call again changes nothing.

    Raises ``SecretExists`` when the token belongs to another value.
    """
    version_id = token or ids.new_uuid()
    with transaction.atomic():
        # One at a time for each secret: a stage is on one version.
        Secret.objects.select_for_update().get(pk=row.pk)
        if row.versions.filter(version_id=version_id).exists():
            _require_same(row, version_id, value)
            return version_id
        wanted = set(stages) or {CURRENT}
        if not row.versions.exists():
            wanted.add(CURRENT)
        closed = envelope.close(value.data, SecretVersion.context(row.resource, version_id))
        made = SecretVersion.objects.create(
            secret=row, version_id=version_id, is_binary=value.is_binary, key_id=row.key_id,
            sealed_key=closed.sealed_key, ciphertext=closed.ciphertext, created_at=at,
        )  # fmt: skip
        for stage in sorted(wanted):
            put_stage(row, stage, made)
        Secret.objects.filter(pk=row.pk).update(changed_at=at)
        _forget_deprecated(row, at=at)
    return version_id


def is_same(row: Secret, version_id: str, value: Value) -> bool:
    """Whether that version exists and has this value."""
    found = row.versions.filter(version_id=version_id).first()
    if found is None or found.is_binary != value.is_binary:
        return False
    held = envelope.open_(found.envelope, SecretVersion.context(row.resource, version_id))
    return hmac.compare_digest(held, value.data)


def _require_same(row: Secret, version_id: str, value: Value) -> None:
    if not is_same(row, version_id, value):
        raise SecretExists(
            f"You can't use ClientRequestToken {version_id} because that value is already in use for a version "
            f"of secret {row.arn}."
        )


def put_stage(row: Secret, name: str, version: SecretVersion) -> None:
    """Put a stage on ``version``, away from others; what was current becomes previous."""
    held = SecretStage.objects.filter(secret=row, name=name).first()
    if held is not None and held.version_id == version.pk:
        return
    if held is None and SecretStage.objects.filter(version=version).count() >= MOST_STAGES:
        raise TooManyVersions(f"A version of a secret has at most {MOST_STAGES} stages.")
    if held is not None and name == CURRENT:
        SecretStage.objects.update_or_create(
            secret=row, name=PREVIOUS, defaults={"version_id": held.version_id}
        )
    SecretStage.objects.update_or_create(secret=row, name=name, defaults={"version": version})


def move_stage(row: Secret, name: str, *, to: str, away_from: str, at: datetime) -> None:
    """Put a stage on the version ``to`` and take it off ``away_from``; either may be empty.

    Raises ``BadParameter``, ``SecretNotFound``.
    """
    with transaction.atomic():
        Secret.objects.select_for_update().get(pk=row.pk)
        held = SecretStage.objects.filter(secret=row, name=name).select_related("version").first()
        _check_move(name, held.version.version_id if held else "", to=to, away_from=away_from)
        if to:
            put_stage(row, name, _version(row, to))
        elif held is not None:
            held.delete()
        Secret.objects.filter(pk=row.pk).update(changed_at=at)


def _check_move(name: str, present: str, *, to: str, away_from: str) -> None:
    if not to and not away_from:
        raise BadParameter("Name the version to move the staging label to, or to remove it from.")
    if name == CURRENT and not to:
        raise BadParameter(
            "You can only move staging label AWSCURRENT to a different secret version. "
            "It can't be completely removed."
        )
    if away_from and present != away_from:
        raise BadParameter(f"The staging label {name} is not attached to version {away_from}.")
    if present and to and present != to and not away_from:
        raise BadParameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {name} is currently attached to "
            f"version {present}, so you must explicitly reference that version in RemoveFromVersionId."
        )


def _version(row: Secret, version_id: str) -> SecretVersion:
    found = row.versions.filter(version_id=version_id).first()
    if found is None:
        raise SecretNotFound(f"Secrets Manager can't find the secret version {version_id}.")
    return found


def _forget_deprecated(row: Secret, *, at: datetime) -> None:
    """Of versions without a stage the newest stay, and all of the last day."""
    excess = row.versions.count() - MOST_VERSIONS
    if excess <= 0:
        return
    old = row.versions.filter(stages=None, created_at__lt=at - timedelta(days=1)).order_by("created_at")
    SecretVersion.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:excess])).delete()


def note_access(row: Secret, version: SecretVersion, *, today: date) -> None:
    """Remember on which day the value was read last."""
    if row.accessed_on != today:
        Secret.objects.filter(pk=row.pk).update(accessed_on=today)
    if version.accessed_on != today:
        SecretVersion.objects.filter(pk=version.pk).update(accessed_on=today)
