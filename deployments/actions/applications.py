"""Creates, changes and deletes applications, groups and configurations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from deployments import errors, service_role
from deployments.compute.event_types import OperationCalled
from deployments.engine import matching
from deployments.engine.configs import DEFAULT, PREDEFINED, RESERVED_PREFIX, Config, Kind
from deployments.models import (
    Application,
    ApplicationRevision,
    Deployment,
    DeploymentConfig,
    DeploymentGroup,
)
from deployments.states import ACTIVE
from devopsweb.blobs import api as blobs
from devopsweb.events import api as events
from devopsweb.kernel import tags as kernel_tags
from devopsweb.live import api as live

ROLLBACK_EVENTS = ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST")


@dataclass(frozen=True)
class GroupSettings:
    """Everything about a group that its owner may choose."""

    config: str = DEFAULT
    tag_filters: Sequence[Sequence[dict[str, str]]] = ()
    instances: Sequence[str] = ()
    auto_rollback: bool = False
    auto_rollback_events: Sequence[str] = field(default=("DEPLOYMENT_FAILURE",))
    service_role: str = ""
    wire: Mapping[str, Any] | None = None


def _tell(operation: str, arn: str, by: str, at: datetime, **request: Any) -> None:
    """Record who did what, and let the lists refetch."""
    events.publish(OperationCalled(operation=operation, request=request, arns=[arn]), at=at, principal_arn=by)
    live.changed("deployments:all", "home:all")


def _check(instance: Any, fields: Sequence[str]) -> None:
    try:
        instance.clean_fields(exclude=[f.name for f in instance._meta.fields if f.name not in fields])
    except ValidationError as error:
        raise errors.InvalidParameter(
            f"{instance.name!r} is not a valid name. {error.messages[0]}."
        ) from None


def create_application(*, name: str, at: datetime, by: str = "", tags: kernel_tags.Given = ()) -> Application:
    """Create an application. Raises ``ApplicationAlreadyExists``, ``InvalidParameter``."""
    application = Application(name=name, created_at=at, tags=kernel_tags.checked(tags))
    _check(application, ["name"])
    try:
        with transaction.atomic():
            application.save()
            _tell("CreateApplication", application.arn, by, at, applicationName=name)
    except IntegrityError:
        raise errors.ApplicationAlreadyExists(f"An application named {name!r} exists.") from None
    return application


def rename_application(*, application: Application, name: str, at: datetime, by: str = "") -> None:
    """Give an application another name. Raises ``ApplicationAlreadyExists``, ``InvalidParameter``."""
    former, application.name = application.name, name
    _check(application, ["name"])
    try:
        with transaction.atomic():
            application.save(update_fields=["name"])
            request = {"applicationName": former, "newApplicationName": name}
            _tell("UpdateApplication", application.arn, by, at, **request)
    except IntegrityError:
        raise errors.ApplicationAlreadyExists(f"An application named {name!r} exists.") from None


def register_revision(
    *, application: Application, digest: str, description: str, at: datetime, by: str = ""
) -> None:
    """Note that ``application`` has a revision. Raises ``RevisionDoesNotExist``."""
    try:
        blobs.path(digest)
    except blobs.BlobNotFound:
        raise errors.RevisionDoesNotExist(f"The revision {digest[:12]!r} is not stored here.") from None
    with transaction.atomic():
        ApplicationRevision.objects.update_or_create(
            application=application,
            digest=digest,
            defaults={"description": description},
            create_defaults={"description": description, "registered_at": at},
        )
        _tell("RegisterApplicationRevision", application.arn, by, at, applicationName=application.name)


def delete_application(*, application: Application, at: datetime, by: str = "") -> None:
    """Delete an application with its groups and history. Raises ``InvalidOperation`` while it is deployed."""
    if Deployment.objects.filter(group__application=application, status__in=ACTIVE).exists():
        raise errors.InvalidOperation(f"A deployment of {application.name} is in progress. Stop it first.")
    with transaction.atomic():
        _tell("DeleteApplication", application.arn, by, at, applicationName=application.name)
        application.delete()


def config(name: str) -> Config:
    """The configuration ``name``, predefined or the user's own. Raises ``DeploymentConfigDoesNotExist``."""
    if name in PREDEFINED:
        return PREDEFINED[name]
    row = DeploymentConfig.objects.filter(name=name).first()
    if row is None:
        raise errors.DeploymentConfigDoesNotExist(f"There is no deployment configuration {name!r}.")
    return Config(row.name, Kind(row.kind), row.value)


def configs() -> list[Config]:
    """Every configuration, the predefined ones first."""
    rows = DeploymentConfig.objects.order_by("name")
    return [*PREDEFINED.values(), *(Config(r.name, Kind(r.kind), r.value) for r in rows)]


def create_config(*, name: str, kind: str, value: int, at: datetime) -> DeploymentConfig:
    """Create a configuration: at least ``value`` hosts (HOST_COUNT) or percent (FLEET_PERCENT) stay healthy."""
    if kind not in {Kind.HOST_COUNT, Kind.FLEET_PERCENT}:
        raise errors.InvalidParameter(f"The type {kind!r} is not HOST_COUNT or FLEET_PERCENT.")
    if value < 0 or (kind == Kind.FLEET_PERCENT and value > 99):
        raise errors.InvalidParameter("The value must be 0 or more, and at most 99 for FLEET_PERCENT.")
    if name.startswith(RESERVED_PREFIX):
        raise errors.DeploymentConfigAlreadyExists(f"Names that begin with {RESERVED_PREFIX} are reserved.")
    row = DeploymentConfig(name=name, kind=kind, value=value, created_at=at)
    _check(row, ["name"])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise errors.DeploymentConfigAlreadyExists(f"A configuration named {name!r} exists.") from None
    return row


def delete_config(*, name: str) -> None:
    """Delete a configuration of the user's own that no group uses."""
    if name in PREDEFINED:
        raise errors.InvalidOperation(f"{name} is predefined and cannot be deleted.")
    if group := DeploymentGroup.objects.select_related("application").filter(config_name=name).first():
        raise errors.DeploymentConfigInUse(f"{name} is used by the group {group}.")
    if not DeploymentConfig.objects.filter(name=name).delete()[0]:
        raise errors.DeploymentConfigDoesNotExist(f"There is no deployment configuration {name!r}.")


def _settled(group: DeploymentGroup, settings: GroupSettings) -> DeploymentGroup:
    config(settings.config)
    filters = [list(part) for part in settings.tag_filters]
    if problem := matching.problem(filters):
        raise errors.InvalidParameter(problem)
    if unknown := set(settings.auto_rollback_events) - set(ROLLBACK_EVENTS):
        raise errors.InvalidParameter(f"Unknown rollback events: {', '.join(sorted(unknown))}.")
    group.config_name = settings.config
    group.tag_filters = filters
    group.instance_names = list(settings.instances)
    group.auto_rollback = settings.auto_rollback
    group.auto_rollback_events = list(settings.auto_rollback_events)
    group.service_role = settings.service_role or group.service_role or service_role.default()
    if settings.wire is not None:
        group.wire = dict(settings.wire)
    return group


def create_group(
    *,
    application: Application,
    name: str,
    settings: GroupSettings,
    at: datetime,
    by: str = "",
    tags: kernel_tags.Given = (),
) -> DeploymentGroup:
    """Create a group. Raises ``DeploymentGroupAlreadyExists``, ``InvalidParameter``."""
    fresh = DeploymentGroup(application=application, name=name, created_at=at, tags=kernel_tags.checked(tags))
    group = _settled(fresh, settings)
    _check(group, ["name"])
    try:
        with transaction.atomic():
            group.save()
            _tell("CreateDeploymentGroup", group.arn, by, at, **_request(group))
    except IntegrityError:
        raise errors.DeploymentGroupAlreadyExists(
            f"{application.name} has a group named {name!r} already."
        ) from None
    return group


def _request(group: DeploymentGroup) -> dict[str, str]:
    return {
        "applicationName": group.application.name,
        "deploymentGroupName": group.name,
        "deploymentConfigName": group.config_name,
    }


def update_group(
    *, group: DeploymentGroup, settings: GroupSettings, at: datetime, by: str = "", name: str = ""
) -> None:
    """Change a group, and its name if one is given; a deployment that runs keeps the settings it began with.

    Raises ``DeploymentGroupAlreadyExists``, ``InvalidParameter``.
    """
    fields = ["config_name", "tag_filters", "instance_names", "auto_rollback", "auto_rollback_events"]
    group.name = name or group.name
    _check(group, ["name"])
    try:
        with transaction.atomic():
            more = ["service_role", "wire", "name"]
            _settled(group, settings).save(update_fields=[*fields, *more])
            _tell("UpdateDeploymentGroup", group.arn, by, at, **_request(group))
    except IntegrityError:
        raise errors.DeploymentGroupAlreadyExists(
            f"{group.application.name} has a group named {name!r} already."
        ) from None


def delete_group(*, group: DeploymentGroup, at: datetime, by: str = "") -> None:
    """Delete a group and its history; hosts keep what is installed. Raises ``InvalidOperation``."""
    if group.deployments.filter(status__in=ACTIVE).exists():
        raise errors.InvalidOperation(f"A deployment to {group} is in progress. Stop it first.")
    with transaction.atomic():
        _tell("DeleteDeploymentGroup", group.arn, by, at, **_request(group))
        group.delete()


def ensure_minimum(*, kind: str, value: int, at: datetime) -> str:
    """The name of the user's own configuration with this minimum; created when it is missing."""
    found = DeploymentConfig.objects.filter(kind=kind, value=value).order_by("pk").first()
    if found is not None:
        return found.name
    unit = "percent" if kind == Kind.FLEET_PERCENT else "hosts"
    return create_config(name=f"MinHealthy-{value}-{unit}", kind=kind, value=value, at=at).name
