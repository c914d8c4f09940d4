"""Puts, labels, tags and deletes parameters."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.kernel import tags
from devopsweb.kernel.principals import Principal
from devopsweb.vault import envelope
from devopsweb.vault.adapters import patterns
from devopsweb.vault.engine import names, rules
from devopsweb.vault.errors import (
    InvalidRequest,
    OldestVersionIsLabelled,
    ParameterAlreadyExists,
    ParameterNotFound,
    ParameterVersionNotFound,
    PatternMismatch,
    TooManyLabels,
    TypeIsFixed,
)
from devopsweb.vault.event_types import ParameterChanged
from devopsweb.vault.models import Parameter, ParameterLabel, ParameterVersion
from devopsweb.vault.models.parameters import DEFAULT_KEY
from devopsweb.vault.types import ParameterSpec


def put(spec: ParameterSpec, *, by: Principal, at: datetime) -> Parameter:
    """Create the parameter, or give it a further version.

    Raises ``ParameterAlreadyExists``, ``TooManyPatterns``, and what ``engine.rules`` and ``engine.names`` say.
    """
    names.check_parameter(spec.name)
    tags.checked(spec.tags)
    resource = spec.name.removeprefix("/")
    present = Parameter.objects.filter(resource=resource).first()
    if present is not None and (not spec.overwrite or present.name != spec.name):
        raise ParameterAlreadyExists(
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
            if present.name == spec.name
            else f"The parameter {present.name} has the same ARN. Use that name."
        )
    drafted = _drafted(spec, present, by=by, at=at)
    _match(drafted.allowed_pattern, spec.value)
    try:
        with transaction.atomic():
            return _add_version(drafted, spec) if present else _create(drafted, spec)
    except IntegrityError:
        if spec.overwrite and present is None:
            return put(spec, by=by, at=at)  # Somebody else was first: this is the next version.
        raise ParameterAlreadyExists("The parameter was created by somebody else just now.") from None
    except Parameter.DoesNotExist:
        raise ParameterNotFound(f"Parameter {spec.name} was deleted just now.") from None


def _drafted(spec: ParameterSpec, present: Parameter | None, *, by: Principal, at: datetime) -> Parameter:
    """The parameter as it will be; not saved."""
    row = present or Parameter(
        name=spec.name,
        resource=spec.name.removeprefix("/"),
        path=names.path_of(spec.name),
        created_at=at,
        tags=dict(spec.tags),
        version=0,
    )
    _check_against(spec, present)
    row.type = spec.type or row.type
    row.data_type = spec.data_type or row.data_type
    rules.check_value(row.type, spec.value, row.data_type)
    if spec.policies is not None:
        found = rules.policies(spec.policies)
        row.policies, row.expires_at = found.listed, found.expires_at
    size = len(spec.value.encode())
    row.tier = rules.tier(spec.tier, present.tier if present else "", size, has_policies=bool(row.policies))
    if row.is_secure:
        row.key_id = spec.key_id or row.key_id or DEFAULT_KEY
    row.description = row.description if spec.description is None else spec.description
    row.allowed_pattern = row.allowed_pattern if spec.allowed_pattern is None else spec.allowed_pattern
    row.modified_at, row.modified_by = at, by.arn
    return row


def _check_against(spec: ParameterSpec, present: Parameter | None) -> None:
    if present is None and not spec.type:
        raise InvalidRequest("A parameter type is required when you create a parameter.")
    if present is not None and spec.type not in ("", present.type):
        raise TypeIsFixed(
            f"A parameter's type can't be changed: {present.name} is a {present.type}. "
            "Create a new, unique parameter."
        )
    if spec.tags and spec.overwrite:
        raise InvalidRequest(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
            "please remove overwrite flag. To update tags for an existing parameter, please use "
            "AddTagsToResource or RemoveTagsFromResource."
        )
    if spec.key_id and (spec.type or (present.type if present else "")) != "SecureString":
        raise InvalidRequest("KeyId is required for SecureString type parameter only.")


def _match(pattern: str, value: str) -> None:
    if pattern and not patterns.matches(pattern, value):
        raise PatternMismatch("Parameter value, cannot be validated against allowedPattern: " + pattern)


def _create(row: Parameter, spec: ParameterSpec) -> Parameter:
    row.version = 1
    row.save(force_insert=True)
    _write_value(row, spec.value)
    _tell("Create", row)
    return row


def _add_version(row: Parameter, spec: ParameterSpec) -> Parameter:
    locked = Parameter.objects.select_for_update().get(pk=row.pk)
    row.version, row.tags = locked.version + 1, locked.tags
    _make_room(row)
    row.save()
    _write_value(row, spec.value)
    _tell("Update", row)
    return row


def _make_room(row: Parameter) -> None:
    """A hundred versions are kept; a label keeps its version, and then there is no room."""
    kept = row.versions.order_by("number")
    for oldest in kept[: max(0, kept.count() - rules.MOST_VERSIONS + 1)]:
        if oldest.labels.exists():
            raise OldestVersionIsLabelled(
                f"The oldest version, {oldest.number}, of the parameter {row.name} has a label, and there are "
                f"{rules.MOST_VERSIONS} versions already. Move the label to a newer version first."
            )
        oldest.delete()


def _write_value(row: Parameter, value: str) -> None:
    closed = envelope.close(value.encode(), ParameterVersion.context(row.name, row.version))
    described = ("type", "tier", "data_type", "description", "allowed_pattern", "key_id", "policies")
    ParameterVersion.objects.create(
        parameter=row,
        number=row.version,
        sealed_key=closed.sealed_key,
        ciphertext=closed.ciphertext,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
        **{name: getattr(row, name) for name in described},
    )


def _tell(operation: str, row: Parameter, at: datetime | None = None, by: str | None = None) -> None:
    events.publish(
        ParameterChanged(
            operation=operation, name=row.name, type=row.type, arn=row.arn, description=row.description
        ),
        at=at or row.modified_at,
        principal_arn=row.modified_by if by is None else by,
    )


def delete(row: Parameter, *, by: Principal | None, at: datetime) -> None:
    """Delete the parameter with all its versions."""
    with transaction.atomic():
        gone, _ = Parameter.objects.filter(pk=row.pk).delete()
        if gone:
            _tell("Delete", row, at, by.arn if by else "")


def expire(*, at: datetime) -> int:
    """Delete the parameters whose time is over; how many."""
    due = list(Parameter.objects.filter(expires_at__lte=at)[:500])
    for row in due:
        delete(row, by=None, at=at)
    return len(due)


def version_of(row: Parameter, number: int | None) -> ParameterVersion:
    """That version, or the newest. Raises ``ParameterVersionNotFound``."""
    found = row.versions.filter(number=row.version if number is None else number).first()
    if found is None:
        raise ParameterVersionNotFound(
            f"Systems Manager could not find version {number} of {row.name}. "
            "Verify the version and try again."
        )
    return found


def label(
    row: Parameter, labels: Iterable[str], *, number: int | None, by: Principal, at: datetime
) -> tuple[int, list[str]]:
    """Put labels on a version, away from others; its number, and the labels that are none.

    Raises ``ParameterVersionNotFound``, ``TooManyLabels``.
    """
    wanted = list(dict.fromkeys(labels))
    good = [name for name in wanted if names.is_label(name)]
    with transaction.atomic():
        Parameter.objects.select_for_update().get(pk=row.pk)
        version = version_of(row, number)
        held = set(version.labels.values_list("name", flat=True))
        if len(held | set(good)) > rules.MOST_LABELS:
            raise TooManyLabels(
                f"A version of a parameter can have at most {rules.MOST_LABELS} labels. "
                "Move one or more labels to another version and try again."
            )
        for name in good:
            ParameterLabel.objects.update_or_create(parameter=row, name=name, defaults={"version": version})
        if good:
            _tell("LabelParameterVersion", row, at, by.arn)
    return version.number, [name for name in wanted if name not in good]


def unlabel(
    row: Parameter, labels: Iterable[str], *, number: int, by: Principal, at: datetime
) -> tuple[list[str], list[str]]:
    """Take labels off a version; those that were taken, and those that it had not."""
    with transaction.atomic():
        version = version_of(row, number)
        held = set(version.labels.values_list("name", flat=True))
        removed = [name for name in labels if name in held]
        version.labels.filter(name__in=removed).delete()
        if removed:
            _tell("UnlabelParameterVersion", row, at, by.arn)
    return removed, [name for name in labels if name not in held]
