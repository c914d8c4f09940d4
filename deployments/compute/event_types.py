"""Events of instances, and the record of who changed what in CodeDeploy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from devopsweb.events.api import EventType
from devopsweb.kernel.arn import arn


@dataclass(frozen=True, kw_only=True)
class AgentStateChanged(EventType):
    """The agent of an instance came or went; ``state`` is the instance's status."""

    source: ClassVar[str] = "aws.codedeploy"
    detail_type: ClassVar[str] = "CodeDeploy Agent State-change Notification"
    instance: str
    state: str
    reason: str = ""

    def resources(self) -> Sequence[str]:
        return (arn("codedeploy", f"instance:{self.instance}"),)


@dataclass(frozen=True, kw_only=True)
class OperationCalled(EventType):
    """Somebody changed applications, groups, deployments or instances; ``operation`` is CodeDeploy's name of it."""

    source: ClassVar[str] = "aws.codedeploy"
    detail_type: ClassVar[str] = "AWS API Call via CloudTrail"
    operation: str
    request: Mapping[str, Any] = field(default_factory=dict)
    arns: Sequence[str] = field(default_factory=list)

    def detail(self) -> dict[str, Any]:
        """CloudTrail's keys."""
        return {
            "eventSource": "codedeploy.amazonaws.com",
            "eventName": self.operation,
            "requestParameters": dict(self.request),
        }

    def resources(self) -> Sequence[str]:
        return list(self.arns)
