"""The front door of pipelines for the sample and the AWS API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devopsweb.iam import api as iam
from devopsweb.kernel import tags as kernel_tags
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
from pipelines.engine.definition import unwrap
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


def create_pipeline(
    *,
    definition: Mapping[str, Any],
    principal: Principal,
    at: datetime,
    tags: kernel_tags.Given = (),
) -> str:
    """Create a pipeline from AWS's ``pipeline.json`` and start it; its ARN.

    Raises ``InvalidDefinition``, ``PipelineNameInUse``, ``kernel.tags.InvalidTags``,
    ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    resource = arns.pipeline_arn(_named(definition))
    given = dict(tags)
    brought = iam.request_tags(given)
    iam.require(principal, "codepipeline:CreatePipeline", resource, brought)
    if given:
        iam.require(principal, "codepipeline:TagResource", resource, brought)
    parsed, _ = definitions.parse(definition)
    service_role.may_pass(principal, parsed)
    wanted = kernel_tags.checked(tags)
    return definitions.create(document=definition, tags=wanted, by=principal.arn, at=at).arn


def _named(definition: Mapping[str, Any]) -> str:
    """The name that a definition bears, sound or not: who may not touch it learns nothing more."""
    declared = unwrap(definition)
    name = declared.get("name") if isinstance(declared, Mapping) else None
    return name if isinstance(name, str) and name else "*"


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
    row = access.pipeline(principal, _named(definition), "codepipeline:UpdatePipeline")
    parsed, _ = definitions.parse(definition)
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
    *,
    name: str,
    principal: Principal,
    at: datetime,
    client_request_token: str | None = None,
    variables: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> ExecutionInfo:
    """Release the latest change of every source, or the commits in ``overrides`` (by source action)."""
    row = access.pipeline(principal, name, "codepipeline:StartPipelineExecution")
    execution = executions.start(
        pipeline=row,
        trigger_type="StartPipelineExecution",
        trigger_detail=principal.arn,
        started_by=principal.arn,
        token=client_request_token,
        variables=variables,
        overrides=overrides,
        at=at,
    )
    return get_execution(execution.uuid)


def get_execution(execution_id: str) -> ExecutionInfo:
    """An execution by its id. Raises ``PipelineExecutionNotFound``."""
    row = access.by_id(execution_id)
    return ExecutionInfo(row.uuid, row.pipeline.name, row.number, row.status, row.started_at, row.finished_at)


def stop_execution(
    *,
    pipeline: str,
    execution_id: str,
    principal: Principal,
    at: datetime,
    abandon: bool = False,
    reason: str = "",
) -> None:
    """Stop an execution: after its running actions, or at once (``abandon``)."""
    row = access.run(principal, pipeline, execution_id, "codepipeline:StopPipelineExecution")
    executions.stop(execution=row, abandon=abandon, reason=reason, by=principal.arn, at=at)


def retry_stage_execution(
    *,
    pipeline: str,
    execution_id: str,
    stage: str,
    principal: Principal,
    at: datetime,
    mode: str = "FAILED_ACTIONS",
) -> None:
    """Run a failed stage again."""
    row = access.run(
        principal, pipeline, execution_id, "codepipeline:RetryStageExecution", arns.stage_arn(pipeline, stage)
    )
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
    row = access.approval(pipeline, stage, action)
    approvals.answer(action=row, token=token, result=result, summary=summary, by=principal.arn, at=at)


def disable_stage_transition(
    *, name: str, stage: str, reason: str, principal: Principal, at: datetime, outbound: bool = False
) -> None:
    """Hold the entry of a stage, or its exit (``outbound``), which is the entry of the next."""
    resource = arns.stage_arn(name, stage)
    row = access.pipeline(principal, name, "codepipeline:DisableStageTransition", resource)
    gate = transitions.gate(pipeline=row, stage=stage, outbound=outbound)
    transitions.hold(pipeline=row, stage=gate, reason=reason, by=principal.arn, at=at)


def enable_stage_transition(
    *, name: str, stage: str, principal: Principal, at: datetime, outbound: bool = False
) -> None:
    """Open the entry of a stage, or its exit (``outbound``)."""
    resource = arns.stage_arn(name, stage)
    row = access.pipeline(principal, name, "codepipeline:EnableStageTransition", resource)
    gate = transitions.gate(pipeline=row, stage=stage, outbound=outbound)
    transitions.release(pipeline=row, stage=gate, by=principal.arn, at=at)
