"""Creates and stops deployments, and tells everybody of each change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from deployments import errors, jobs
from deployments.compute.event_types import OperationCalled
from deployments.event_types import DeploymentStateChanged
from deployments.models import Deployment, DeploymentGroup
from deployments.states import DEPLOYMENT, DeploymentStatus
from deployments.types import Revision
from devopsweb.blobs import api as blobs
from devopsweb.events import api as events
from devopsweb.kernel import ids
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live

ON_FAILURE = "DEPLOYMENT_FAILURE"
ON_STOP = "DEPLOYMENT_STOP_ON_REQUEST"


@dataclass(frozen=True)
class Options:
    """What one deployment may ask for beyond its group; None leaves it to the group."""

    description: str = ""
    config: str = ""
    auto_rollback_events: tuple[str, ...] | None = None
    ignore_application_stop_failures: bool = False
    file_exists_behavior: str = "DISALLOW"


def announce(deployment: Deployment, *, at: datetime, principal_arn: str = "") -> None:
    """Publish the deployment's present state as an event and to the browsers."""
    group = deployment.group
    events.publish(
        DeploymentStateChanged(
            deployment_id=deployment.code,
            application=group.application.name,
            group=group.name,
            group_id=group.uuid,
            state=deployment.status,
        ),
        at=at,
        principal_arn=principal_arn,
    )
    live.changed(f"deployment:{deployment.code}", "deployments:all", "home:all")


def create(
    *,
    group: DeploymentGroup,
    revision: Revision,
    creator: str,
    creator_arn: str,
    at: datetime,
    options: Options = Options(),
    rollback_of: Deployment | None = None,
) -> Deployment:
    """Record a new deployment; its first step runs on commit.

    Raises ``RevisionDoesNotExist``, ``DeploymentLimitExceeded``.
    """
    try:
        blobs.path(revision.digest)
    except blobs.BlobNotFound:
        raise errors.RevisionDoesNotExist(
            f"The revision {revision.digest[:12]!r} is not stored here."
        ) from None
    if options.file_exists_behavior not in {"DISALLOW", "OVERWRITE", "RETAIN"}:
        raise errors.InvalidParameter("The file exists behavior must be DISALLOW, OVERWRITE or RETAIN.")
    deployment = _new(
        group,
        revision,
        options,
        creator=creator,
        creator_arn=creator_arn,
        rollback_of=rollback_of,
        created_at=at,
    )
    _insert(deployment)
    DeploymentGroup.objects.filter(pk=group.pk).update(last_attempted=deployment)
    announce(deployment, at=at, principal_arn=creator_arn)
    jobs.ADVANCE.enqueue(deployment_id=deployment.pk)
    return deployment


def _new(group: DeploymentGroup, revision: Revision, options: Options, **fields: Any) -> Deployment:
    inherited = tuple(group.auto_rollback_events) if group.auto_rollback else ()
    wanted = options.auto_rollback_events
    good = group.last_successful
    return Deployment(
        code="d-" + ids.readable(9),
        group=group,
        description=options.description[:256],
        revision_digest=revision.digest,
        revision_commit=revision.commit,
        revision_repository=revision.repository,
        revision_description=revision.description[:500],
        previous_digest=good.revision_digest if good else "",
        previous_commit=good.revision_commit if good else "",
        config_name=options.config or group.config_name,
        file_exists_behavior=options.file_exists_behavior,
        ignore_application_stop_failures=options.ignore_application_stop_failures,
        auto_rollback_events=list(inherited if wanted is None else wanted),
        **fields,
    )


def _insert(deployment: Deployment) -> None:
    """The unique constraint on active deployments decides between two callers."""
    try:
        with transaction.atomic():
            deployment.save(force_insert=True)
    except IntegrityError:
        raise errors.DeploymentLimitExceeded(
            f"The deployment group {deployment.group} has a deployment in progress already. "
            "Wait for it or stop it first."
        ) from None


def stop(
    *, deployment: Deployment, principal: Principal, at: datetime, auto_rollback: bool | None = None
) -> str:
    """Stop a deployment: running events finish, nothing more begins. Returns ``Pending`` or ``Succeeded``.

    ``auto_rollback`` overrides what the deployment says about DEPLOYMENT_STOP_ON_REQUEST.
    Raises ``DeploymentAlreadyCompleted``.
    """
    if DEPLOYMENT.is_final(DeploymentStatus(deployment.status)):
        if deployment.status == DeploymentStatus.STOPPED:
            return "Succeeded"
        raise errors.DeploymentAlreadyCompleted(f"{deployment.code} is over: {deployment.status}.")
    with transaction.atomic():
        asked = Deployment.objects.filter(pk=deployment.pk, stop_requested_at=None, completed_at=None).update(
            stop_requested_at=at, stopped_by_arn=principal.arn, rollback_on_stop=auto_rollback
        )
        if asked:
            deployment.refresh_from_db()
            called = OperationCalled(
                operation="StopDeployment",
                request={"deploymentId": deployment.code},
                arns=[deployment.group.arn],
            )
            events.publish(called, at=at, principal_arn=principal.arn)
            live.changed(f"deployment:{deployment.code}", "deployments:all", "home:all")
        jobs.ADVANCE.enqueue(deployment_id=deployment.pk)
    return "Pending"
