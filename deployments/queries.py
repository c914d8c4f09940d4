"""Reads of deployments."""

from django.db.models import Count

from deployments.models import Deployment
from deployments.states import TargetStatus
from deployments.types import DeploymentInfo, Revision

OVERVIEW = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")


def overview(deployment: Deployment) -> dict[str, int]:
    """How many targets are in each state; unknown ones count as failed, as AWS shows them."""
    counts = dict.fromkeys(OVERVIEW, 0)
    rows = deployment.targets.order_by().values("status").annotate(number=Count("pk"))
    for row in rows:
        status = "Failed" if row["status"] == TargetStatus.UNKNOWN else row["status"]
        counts[status] += row["number"]
    return counts


def info(deployment: Deployment) -> DeploymentInfo:
    """The deployment as other apps see it; its group, application and rollbacks must be loaded."""
    rollback = getattr(deployment, "rollback", None)
    return DeploymentInfo(
        id=deployment.code,
        application=deployment.group.application.name,
        group=deployment.group.name,
        status=deployment.status,
        error_code=deployment.error_code,
        error_message=deployment.error_message,
        revision=Revision(
            deployment.revision_digest,
            deployment.revision_commit,
            deployment.revision_repository,
            deployment.revision_description,
        ),
        creator=deployment.creator,
        created_at=deployment.created_at,
        completed_at=deployment.completed_at,
        url=f"/deployments/{deployment.code}/",
        rollback_id=rollback.code if rollback else "",
        rollback_of=deployment.rollback_of.code if deployment.rollback_of else "",
        overview=overview(deployment),
    )
