"""Events of builds, with the details that EventBridge rules match."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from devopsweb.events.api import EventType


@dataclass(frozen=True, kw_only=True)
class BuildStateChanged(EventType):
    """A build started or ended; ``information`` is AWS's additional-information."""

    source = "aws.codebuild"
    detail_type = "CodeBuild Build State Change"
    build_id: str
    build_arn: str
    project_arn: str
    project: str
    number: int
    status: str
    current_phase: str
    initiator: str
    information: dict[str, Any] = field(default_factory=dict)

    def detail(self) -> dict[str, Any]:
        return {
            "build-status": self.status,
            "project-name": self.project,
            "build-id": self.build_arn,
            "current-phase": self.current_phase,
            "current-phase-context": "[]",
            "version": "1",
            "additional-information": {
                "build-number": self.number,
                "build-complete": self.status != "IN_PROGRESS",
                "initiator": self.initiator,
                **self.information,
            },
        }

    def resources(self) -> Sequence[str]:
        return (self.build_arn, self.project_arn)


@dataclass(frozen=True, kw_only=True)
class BuildPhaseChanged(EventType):
    """A phase of a build ended."""

    source = "aws.codebuild"
    detail_type = "CodeBuild Build Phase Change"
    build_id: str
    build_arn: str
    project: str
    phase: str
    status: str
    seconds: float
    context: str
    started_at: str = ""
    ended_at: str = ""

    def detail(self) -> dict[str, Any]:
        return {
            "completed-phase": self.phase,
            "completed-phase-status": self.status,
            "completed-phase-duration-seconds": self.seconds,
            "completed-phase-start": self.started_at,
            "completed-phase-end": self.ended_at,
            "completed-phase-context": f"[{self.context}]",
            "project-name": self.project,
            "build-id": self.build_arn,
            "version": "1",
        }

    def resources(self) -> Sequence[str]:
        return (self.build_arn,)
