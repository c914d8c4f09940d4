"""News of pipelines, with the detail that AWS's EventBridge events carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devopsweb.events.api import EventType
from devopsweb.kernel.arn import arn
from pipelines.arns import BUCKET


@dataclass(frozen=True, kw_only=True)
class _PipelineEvent(EventType):
    source = "aws.codepipeline"
    pipeline: str
    execution_id: str
    number: int
    version: int
    state: str
    attempt: int = 1
    start_time: str = ""
    trigger_type: str = ""
    trigger_detail: str = ""

    def resources(self) -> Sequence[str]:
        """The pipeline's ARN."""
        return (arn("codepipeline", self.pipeline),)

    def _common(self) -> dict[str, Any]:
        return {
            "pipeline": self.pipeline,
            "execution-id": self.execution_id,
            "start-time": self.start_time,
            "state": self.state,
            "version": float(self.version),
            "pipeline-execution-attempt": float(self.attempt),
        }


@dataclass(frozen=True, kw_only=True)
class PipelineExecutionStateChanged(_PipelineEvent):
    """An execution started, ended, stopped, was superseded or taken up again."""

    detail_type = "CodePipeline Pipeline Execution State Change"
    stop_reason: str = ""

    def detail(self) -> dict[str, Any]:
        """AWS's keys."""
        trigger = {"trigger-type": self.trigger_type, "trigger-detail": self.trigger_detail}
        more = {"stop-execution-comments": self.stop_reason} if self.state == "STOPPING" else {}
        return {**self._common(), "execution-trigger": trigger, **more}


@dataclass(frozen=True, kw_only=True)
class StageExecutionStateChanged(_PipelineEvent):
    """A stage of an execution started, ended, stopped or was taken up again."""

    detail_type = "CodePipeline Stage Execution State Change"
    stage: str

    def detail(self) -> dict[str, Any]:
        """AWS's keys."""
        return {**self._common(), "stage": self.stage}


@dataclass(frozen=True, kw_only=True)
class ActionExecutionStateChanged(_PipelineEvent):
    """An action of an execution started or ended."""

    detail_type = "CodePipeline Action Execution State Change"
    stage: str
    action: str
    action_execution_id: str
    region: str
    type: Mapping[str, str]
    input_artifacts: Sequence[Mapping[str, Any]] = ()
    output_artifacts: Sequence[Mapping[str, Any]] = ()
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    error_code: str = ""

    def detail(self) -> dict[str, Any]:
        """AWS's keys; the execution result is told when there is one."""
        result = {
            "external-execution-id": self.external_id,
            "external-execution-url": self.external_url,
            "external-execution-summary": self.summary,
            "error-code": self.error_code,
        }
        told = {key: value for key, value in result.items() if value}
        return {
            **self._common(),
            "stage": self.stage,
            "action": self.action,
            "action-execution-id": self.action_execution_id,
            "region": self.region,
            "type": dict(self.type),
            "input-artifacts": [_location(a) for a in self.input_artifacts],
            "output-artifacts": [_location(a) for a in self.output_artifacts],
            **({"execution-result": told} if told else {}),
        }


@dataclass(frozen=True, kw_only=True)
class PipelineDefinitionChanged(EventType):
    """A pipeline was created, updated or deleted."""

    source = "aws.codepipeline"
    detail_type = "CodePipeline Pipeline Definition Change"
    pipeline: str
    version: int
    change: str

    def resources(self) -> Sequence[str]:
        """The pipeline's ARN."""
        return (arn("codepipeline", self.pipeline),)


@dataclass(frozen=True, kw_only=True)
class StageTransitionChanged(EventType):
    """The entry of a stage was held or opened."""

    source = "aws.codepipeline"
    detail_type = "CodePipeline Stage Transition Change"
    pipeline: str
    stage: str
    enabled: bool
    reason: str = ""

    def resources(self) -> Sequence[str]:
        """The pipeline's ARN."""
        return (arn("codepipeline", self.pipeline),)


def _location(artifact: Mapping[str, Any]) -> dict[str, Any]:
    where = {"bucket": BUCKET, "key": artifact.get("digest", "")}
    return {"name": artifact["name"], "s3location": where}
