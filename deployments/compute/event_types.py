"""Events of instances."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

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
