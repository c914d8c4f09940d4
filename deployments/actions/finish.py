"""Ends a deployment: its verdict, the group's revision, figures, and the roll-back."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from deployments import errors
from deployments.actions import deployments
from deployments.adapters import figures
from deployments.engine.planner import Verdict
from deployments.models import Deployment, DeploymentGroup
from deployments.states import DEPLOYMENT, DeploymentStatus
from deployments.types import Revision

log = structlog.get_logger(__name__)

MANUAL_STOP = "MANUAL_STOP"
ROLLBACK = "codeDeployRollback"


def finish(deployment: Deployment, verdict: Verdict, *, at: datetime, **values: Any) -> bool:
    """Move the deployment to its end and do what follows from it; False if it was over already."""
    status = DeploymentStatus(verdict.status)
    code, message = verdict.code, verdict.message
    if status is DeploymentStatus.STOPPED and not code:
        code, message = MANUAL_STOP, f"Stopped by {deployment.stopped_by_arn.rpartition('/')[2]}."
    with transaction.atomic():
        if not DEPLOYMENT.move(
            deployment, status, completed_at=at, error_code=code, error_message=message, **values
        ):
            return False
        if status is DeploymentStatus.SUCCEEDED:
            DeploymentGroup.objects.filter(pk=deployment.group_id).update(last_successful=deployment)
        deployments.announce(deployment, at=at)
        figures.report(deployment, at=at)
        if _rolls_back(deployment, status):
            _roll_back(deployment, at=at)
    log.info("deployment over", deployment=deployment.code, status=deployment.status, code=code)
    return True


def _rolls_back(deployment: Deployment, status: DeploymentStatus) -> bool:
    """A failed roll-back is not rolled back again: that would never end."""
    if deployment.creator == ROLLBACK:
        return False
    if status is DeploymentStatus.FAILED:
        return deployments.ON_FAILURE in deployment.auto_rollback_events
    if status is DeploymentStatus.STOPPED:
        wanted = deployment.rollback_on_stop
        return deployments.ON_STOP in deployment.auto_rollback_events if wanted is None else wanted
    return False


def _roll_back(deployment: Deployment, *, at: datetime) -> None:
    group = DeploymentGroup.objects.select_related("application", "last_successful").get(
        pk=deployment.group_id
    )
    good = group.last_successful
    if not deployment.targets.exclude(started_at=None).exists():
        message = "No roll-back: the deployment had changed no host."
    elif good is None:
        message = "No roll-back: no earlier deployment to this group succeeded."
    else:
        message = _begin(deployment, group, good, at=at)
    Deployment.objects.filter(pk=deployment.pk).update(rollback_message=message)


def _begin(deployment: Deployment, group: DeploymentGroup, good: Deployment, *, at: datetime) -> str:
    revision = Revision(
        good.revision_digest,
        good.revision_commit,
        good.revision_repository,
        good.revision_description,
    )
    try:
        rollback = deployments.create(
            group=group,
            revision=revision,
            creator=ROLLBACK,
            creator_arn=deployment.creator_arn,
            at=at,
            options=deployments.Options(
                description=f"Roll-back of {deployment.code}",
                config=deployment.config_name,
                file_exists_behavior=good.file_exists_behavior,
            ),
            rollback_of=deployment,
        )
    except (errors.RevisionDoesNotExist, errors.DeploymentLimitExceeded) as error:
        return f"No roll-back: {error}"
    return f"Rolled back to the revision of {good.code} by {rollback.code}."
