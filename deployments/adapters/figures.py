"""A deployment's figures as CloudWatch metrics."""

from collections.abc import Iterator
from datetime import datetime

from deployments.models import Deployment
from deployments.states import DeploymentStatus
from monitoring.metrics import api as metrics
from monitoring.metrics.api import Datum

NAMESPACE = "AWS/CodeDeploy"
_NAMES = {
    DeploymentStatus.SUCCEEDED: "SucceededDeployments",
    DeploymentStatus.FAILED: "FailedDeployments",
    DeploymentStatus.STOPPED: "StoppedDeployments",
}


def report(deployment: Deployment, *, at: datetime) -> None:
    """Put the end of a deployment on record: in all, of its application, and of its group."""
    application = deployment.group.application.name
    of_application = {"Application": application}
    of_group = {**of_application, "DeploymentGroup": deployment.group.name}
    metrics.put([datum for dims in ({}, of_application, of_group) for datum in _data(deployment, dims, at)])


def _data(deployment: Deployment, dimensions: dict[str, str], at: datetime) -> Iterator[Datum]:
    outcome = _NAMES[DeploymentStatus(deployment.status)]
    yield Datum(NAMESPACE, "Deployments", 1, at, "Count", dimensions)
    for name in _NAMES.values():
        yield Datum(NAMESPACE, name, float(name == outcome), at, "Count", dimensions)
    if deployment.started_at:
        seconds = (at - deployment.started_at).total_seconds()
        yield Datum(NAMESPACE, "Duration", seconds, at, "Seconds", dimensions)
