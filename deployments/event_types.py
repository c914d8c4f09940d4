"""Events of CodeDeploy, with EventBridge's keys in their detail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings

from devopsweb.events.api import EventType
from devopsweb.kernel.arn import arn

_STATES = {
    "Created": "QUEUED",
    "Queued": "QUEUED",
    "InProgress": "START",
    "Ready": "READY",
    "Succeeded": "SUCCESS",
    "Failed": "FAILURE",
    "Skipped": "FAILURE",
    "Stopped": "STOP",
}


@dataclass(frozen=True, kw_only=True)
class DeploymentStateChanged(EventType):
    """A deployment moved; ``state`` is its status (``InProgress``, ``Succeeded``…)."""

    source: ClassVar[str] = "aws.codedeploy"
    detail_type: ClassVar[str] = "CodeDeploy Deployment State-change Notification"
    deployment_id: str
    application: str
    group: str
    state: str
    group_id: str = ""

    def detail(self) -> dict[str, Any]:
        """AWS's keys; the state in its upper-case words."""
        return {
            "region": settings.DEVOPSWEB_REGION,
            "deploymentId": self.deployment_id,
            "instanceGroupId": self.group_id,
            "application": self.application,
            "deploymentGroup": self.group,
            "state": _STATES.get(self.state, self.state),
        }

    def resources(self) -> Sequence[str]:
        return (
            arn("codedeploy", f"application:{self.application}"),
            arn("codedeploy", f"deploymentgroup:{self.application}/{self.group}"),
        )


@dataclass(frozen=True, kw_only=True)
class InstanceStateChanged(DeploymentStateChanged):
    """One instance of a deployment moved; ``state`` is the target's status."""

    detail_type: ClassVar[str] = "CodeDeploy Instance State-change Notification"
    instance: str

    def detail(self) -> dict[str, Any]:
        return {**super().detail(), "instanceId": self.instance}

    def resources(self) -> Sequence[str]:
        return (*super().resources(), arn("codedeploy", f"instance:{self.instance}"))
