"""CodePipeline: the state of a pipeline, stage by stage."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from pipelines import access
from pipelines.aws.service import address, codepipeline, filled, moment
from pipelines.models import ActionExecution
from pipelines.queries import states
from pipelines.queries.states import ActionStatus, StageStatus
from pipelines.urls_of import entity_url


@codepipeline.operation("GetPipelineState")
def get_pipeline_state(call: Call, params: Params) -> Result:
    """The stages with their executions, actions and transitions; here is an approval's token."""
    pipeline = access.pipeline(call.principal, params["name"], "codepipeline:GetPipelineState")
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.version,
        "stageStates": [_stage(one) for one in states.of(pipeline)],
        "created": pipeline.created_at,
        "updated": pipeline.updated_at,
    }


def _stage(stage: StageStatus) -> dict[str, Any]:
    inbound = latest = retried = None
    if stage.inbound:
        inbound = {
            "pipelineExecutionId": stage.inbound.uuid,
            "status": stage.inbound.status,
            "type": "STANDARD",
        }
    if stage.row:
        execution = stage.row.execution.uuid
        latest = {"pipelineExecutionId": execution, "status": stage.row.status, "type": "STANDARD"}
    if stage.row and stage.row.attempt > 1:
        retried = {
            "manualStageRetryAttempt": stage.row.attempt - 1,
            "latestRetryTrigger": "ManualStageRetry",
        }
    return filled(
        stageName=stage.declared.name,
        inboundExecution=inbound,
        inboundExecutions=[inbound] if inbound else None,
        inboundTransitionState=_transition(stage),
        actionStates=[_action(one) for one in stage.actions],
        latestExecution=latest,
        retryStageMetadata=retried,
    )


def _transition(stage: StageStatus) -> dict[str, Any]:
    switch = stage.transition
    if switch is None:
        return {"enabled": True}
    return filled(
        enabled=switch.enabled,
        lastChangedBy=switch.changed_by,
        lastChangedAt=switch.changed_at,
        disabledReason=switch.reason,
    )


def _action(action: ActionStatus) -> dict[str, Any]:
    revision = action.revision
    current = None
    if revision and action.row:
        current = {
            "revisionId": revision["revisionId"],
            "revisionChangeId": revision["revisionId"],
            "created": moment(revision.get("created", "")) or action.row.started_at,
        }
    return filled(
        actionName=action.declared.name,
        currentRevision=current,
        latestExecution=_latest(action.row) if action.row else None,
        entityUrl=address(entity_url(action.declared)),
        revisionUrl=address(revision.get("revisionUrl", "")),
    )


def _latest(row: ActionExecution) -> dict[str, Any]:
    is_approval = row.category == "Approval"
    problem = filled(code=row.error_code, message=row.error_message[:5000])
    return filled(
        actionExecutionId=row.uuid,
        status=row.status,
        summary=row.summary,
        lastStatusChange=row.finished_at or row.started_at,
        token=row.token if row.is_waiting else "",
        lastUpdatedBy=row.updated_by,
        externalExecutionId="" if is_approval else row.external_id,
        externalExecutionUrl=address(row.external_url),
        errorDetails=problem or None,
    )
