"""The front door of deployments for pipelines, the sample and the AWS API."""

from collections.abc import Sequence
from datetime import datetime

from deployments import access, queries, service_role
from deployments.actions import applications
from deployments.actions import deployments as actions
from deployments.actions.applications import GroupSettings
from deployments.actions.deployments import Options
from deployments.engine.configs import DEFAULT
from deployments.errors import (
    ApplicationDoesNotExist,
    DeploymentAlreadyCompleted,
    DeploymentDoesNotExist,
    DeploymentGroupDoesNotExist,
    DeploymentLimitExceeded,
    RevisionDoesNotExist,
)
from deployments.models import Application, Deployment, DeploymentGroup
from deployments.types import DeploymentInfo, Revision
from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal

__all__ = [
    "ApplicationDoesNotExist",
    "DeploymentAlreadyCompleted",
    "DeploymentDoesNotExist",
    "DeploymentGroupDoesNotExist",
    "DeploymentInfo",
    "DeploymentLimitExceeded",
    "Revision",
    "RevisionDoesNotExist",
    "application_exists",
    "create_application",
    "create_deployment",
    "create_group",
    "get",
    "group_exists",
    "stop_deployment",
]


def create_application(*, name: str, principal: Principal, at: datetime) -> str:
    """Create an application; its ARN."""
    iam.require(principal, "codedeploy:CreateApplication", access.application_arn(name))
    return applications.create_application(name=name, at=at, by=principal.arn).arn


def application_exists(name: str) -> bool:
    """Whether there is an application ``name``."""
    return Application.objects.filter(name=name).exists()


def create_group(
    *,
    application: str,
    name: str,
    principal: Principal,
    at: datetime,
    config: str = DEFAULT,
    tag_filters: Sequence[Sequence[dict[str, str]]] = (),
    instances: Sequence[str] = (),
    auto_rollback: bool = False,
    auto_rollback_events: Sequence[str] = ("DEPLOYMENT_FAILURE",),
    service_role_arn: str = "",
) -> str:
    """Create a deployment group; its ARN. Hosts are those that match the tag set, and ``instances`` by name.

    Without a role it gets the default one. Raises ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    iam.require(principal, "codedeploy:CreateDeploymentGroup", access.group_arn(application, name))
    row = Application.objects.filter(name=application).first()
    if row is None:
        raise ApplicationDoesNotExist(f"There is no application {application!r}.")
    service_role.may_pass(principal, service_role_arn, access.group_arn(application, name))
    settings = GroupSettings(
        config=config,
        tag_filters=tag_filters,
        instances=instances,
        auto_rollback=auto_rollback,
        auto_rollback_events=auto_rollback_events,
        service_role=service_role_arn,
    )
    return applications.create_group(
        application=row, name=name, settings=settings, at=at, by=principal.arn
    ).arn


def group_exists(*, application: str, name: str) -> bool:
    """Whether ``application`` has a deployment group ``name``."""
    return DeploymentGroup.objects.filter(application__name=application, name=name).exists()


def create_deployment(
    *,
    application: str,
    group: str,
    revision: Revision,
    principal: Principal,
    at: datetime,
    creator: str = "user",
    description: str = "",
    config: str = "",
    auto_rollback_events: Sequence[str] | None = None,
    ignore_application_stop_failures: bool = False,
    file_exists_behavior: str = "DISALLOW",
) -> str:
    """Begin a deployment; its id (``d-…``).

    Raises ``DeploymentLimitExceeded`` while another one of the group runs, ``RevisionDoesNotExist``,
    ``DeploymentGroupDoesNotExist``, ``iam.api.AccessDenied``.
    """
    row = access.group(principal, application, group, "codedeploy:CreateDeployment")
    options = Options(
        description=description,
        config=config,
        auto_rollback_events=None if auto_rollback_events is None else tuple(auto_rollback_events),
        ignore_application_stop_failures=ignore_application_stop_failures,
        file_exists_behavior=file_exists_behavior,
    )
    return actions.create(
        group=row,
        revision=revision,
        creator=creator,
        creator_arn=principal.arn,
        at=at,
        options=options,
    ).code


def stop_deployment(
    *, deployment_id: str, principal: Principal, at: datetime, auto_rollback: bool | None = None
) -> str:
    """Stop a deployment: ``Pending`` while running events finish, else ``Succeeded``.

    Raises ``DeploymentAlreadyCompleted``, ``DeploymentDoesNotExist``.
    """
    row = access.deployment(principal, deployment_id, "codedeploy:StopDeployment")
    return actions.stop(deployment=row, principal=principal, at=at, auto_rollback=auto_rollback)


def get(deployment_id: str) -> DeploymentInfo:
    """The deployment as it is now. Raises ``DeploymentDoesNotExist``."""
    row = (
        Deployment.objects.select_related("group__application", "rollback_of", "rollback")
        .filter(code=deployment_id)
        .first()
    )
    if row is None:
        raise DeploymentDoesNotExist(f"There is no deployment {deployment_id!r}.")
    return queries.info(row)
