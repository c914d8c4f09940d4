"""The front door of pipelines for the sample and the AWS API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines import access, arns, service_role
from pipelines.actions import approvals, definitions, executions, transitions
from pipelines.actions.approvals import ApprovalAlreadyCompleted, InvalidApprovalToken
from pipelines.actions.definitions import PipelineNameInUse
from pipelines.actions.executions import (
    DuplicatedStopRequest,
    NotLatestPipelineExecution,
    PipelineExecutionNotStoppable,
    StageNotRetryable,
)
from pipelines.engine.problems import InvalidDefinition, Problem
from pipelines.engine.template import simple_definition
from pipelines.models import Pipeline

__all__ = [
    "ApprovalAlreadyCompleted",
    "DuplicatedStopRequest",
    "ExecutionInfo",
    "InvalidApprovalToken",
    "InvalidDefinition",
    "NotLatestPipelineExecution",
    "PipelineExecutionNotStoppable",
    "PipelineNameInUse",
    "Problem",
    "StageNotRetryable",
    "create_pipeline",
    "delete_pipeline",
    "disable_stage_transition",
    "enable_stage_transition",
    "get_execution",
    "get_pipeline",
    "pipeline_exists",
    "put_approval_result",
    "retry_stage_execution",
    "simple_definition",
    "start_execution",
    "stop_execution",
    "update_pipeline",
]


@dataclass(frozen=True)
class ExecutionInfo:
    """An execution as other apps see it."""

    id: str
    pipeline: str
    number: int
    status: str
    started_at: datetime
    finished_at: datetime | None


def create_pipeline(*, definition: Mapping[str, Any], principal: Principal, at: datetime) -> str:
    """Create a pipeline from AWS's ``pipeline.json`` and start it; its ARN.

    Raises ``InvalidDefinition``, ``PipelineNameInUse``, ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    parsed, _ = definitions.parse(definition)
    iam.require(principal, "codepipeline:CreatePipeline", arns.pipeline_arn(parsed.name))
    service_role.may_pass(principal, parsed)
    return definitions.create(document=definition, by=principal.arn, at=at).arn


def pipeline_exists(name: str) -> bool:
    """Whether there is a pipeline ``name``."""
    return Pipeline.objects.filter(name=name).exists()


def get_pipeline(*, name: str, principal: Principal, version: int | None = None) -> dict[str, Any]:
    """``{"pipeline": …, "metadata": …}`` of the current or an older version."""
    row = access.pipeline(principal, name, "codepipeline:GetPipeline")
    stored = access.version(row, version or row.version)
    metadata = {"pipelineArn": row.arn, "created": row.created_at, "updated": row.updated_at}
    return {"pipeline": stored.document, "metadata": metadata}


def update_pipeline(*, definition: Mapping[str, Any], principal: Principal, at: datetime) -> dict[str, Any]:
    """Store a new version of the pipeline that ``definition`` names; the declaration as stored."""
    parsed, _ = definitions.parse(definition)
    row = access.pipeline(principal, parsed.name, "codepipeline:UpdatePipeline")
    service_role.may_pass(principal, parsed)
    definitions.update(pipeline=row, document=definition, by=principal.arn, at=at)
    document: dict[str, Any] = access.version(row, row.version).document
    return document


def delete_pipeline(*, name: str, principal: Principal, at: datetime) -> None:
    """Delete a pipeline; one that does not exist is no error."""
    iam.require(principal, "codepipeline:DeletePipeline", arns.pipeline_arn(name))
    row = Pipeline.objects.filter(name=name).first()
    if row is not None:
        definitions.delete(pipeline=row, by=principal.arn, at=at)


def start_execution(
    *, name: str, principal: Principal, at: datetime, client_request_token: str | None = None
) -> ExecutionInfo:
    """Release the latest change of every source."""
    row = access.pipeline(principal, name, "codepipeline:StartPipelineExecution")
    execution = executions.start(
        pipeline=row,
        trigger_type="StartPipelineExecution",
        trigger_detail=principal.arn,
        started_by=principal.arn,
        token=client_request_token,
        at=at,
    )
    return get_execution(execution.uuid)


def get_execution(execution_id: str) -> ExecutionInfo:
    """An execution by its id. Raises ``PipelineExecutionNotFound``."""
    row = access.by_id(execution_id)
    return ExecutionInfo(row.uuid, row.pipeline.name, row.number, row.status, row.started_at, row.finished_at)


def stop_execution(
    *, execution_id: str, principal: Principal, at: datetime, abandon: bool = False, reason: str = ""
) -> None:
    """Stop an execution: after its running actions, or at once (``abandon``)."""
    row = access.by_id(execution_id)
    iam.require(principal, "codepipeline:StopPipelineExecution", arns.pipeline_arn(row.pipeline.name))
    executions.stop(execution=row, abandon=abandon, reason=reason, by=principal.arn, at=at)


def retry_stage_execution(
    *,
    execution_id: str,
    stage: str,
    principal: Principal,
    at: datetime,
    mode: str = "FAILED_ACTIONS",
) -> None:
    """Run a failed stage again."""
    row = access.by_id(execution_id)
    resource = arns.stage_arn(row.pipeline.name, stage)
    iam.require(principal, "codepipeline:RetryStageExecution", resource)
    executions.retry_stage(execution=row, stage=stage, mode=mode, by=principal.arn, at=at)


def put_approval_result(
    *,
    pipeline: str,
    stage: str,
    action: str,
    token: str,
    result: str,
    summary: str,
    principal: Principal,
    at: datetime,
) -> None:
    """Answer a waiting approval (``Approved`` or ``Rejected``)."""
    iam.require(principal, "codepipeline:PutApprovalResult", arns.action_arn(pipeline, stage, action))
    row = access.approval_by_token(pipeline, stage, action, token)
    approvals.answer(action=row, token=token, result=result, summary=summary, by=principal.arn, at=at)


def disable_stage_transition(
    *, name: str, stage: str, reason: str, principal: Principal, at: datetime
) -> None:
    """Hold the entry of a stage."""
    row = access.pipeline(principal, name, "codepipeline:GetPipeline")
    iam.require(principal, "codepipeline:DisableStageTransition", arns.stage_arn(name, stage))
    transitions.hold(pipeline=row, stage=stage, reason=reason, by=principal.arn, at=at)


def enable_stage_transition(*, name: str, stage: str, principal: Principal, at: datetime) -> None:
    """Open the entry of a stage."""
    row = access.pipeline(principal, name, "codepipeline:GetPipeline")
    iam.require(principal, "codepipeline:EnableStageTransition", arns.stage_arn(name, stage))
    transitions.release(pipeline=row, stage=stage, by=principal.arn, at=at)
