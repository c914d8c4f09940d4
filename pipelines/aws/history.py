"""CodePipeline: the attempts of actions, newest first."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from pipelines import access
from pipelines.arns import BUCKET
from pipelines.aws.service import address, codepipeline, filled
from pipelines.engine import definition
from pipelines.engine.types import Action, Definition
from pipelines.errors import PipelineExecutionNotFound
from pipelines.models import ActionExecution, Pipeline

PAGE = 100


@codepipeline.operation("ListActionExecutions")
def list_action_executions(call: Call, params: Params) -> Result:
    """What each action was given, what it made, and how it ended."""
    pipeline = access.pipeline(call.principal, params["pipelineName"], "codepipeline:ListActionExecutions")
    wanted = params.get("filter", {})
    rows = _filtered(pipeline, wanted)
    page = paging.page(
        rows.select_related("stage", "execution__version"),
        token=params.get("nextToken", ""),
        size=params.get("maxResults", PAGE),
        scope=f"codepipeline:ListActionExecutions:{pipeline.pk}:{sorted(wanted.items())}",
    )
    versions: dict[int, Definition] = {}
    details = []
    for row in page.rows:
        version = row.execution.version
        declared = versions.setdefault(version.pk, definition.load(version.document))
        details.append(_detail(row, declared, version.number))
    return {
        "actionExecutionDetails": details,
        **({"nextToken": page.next_token} if page.next_token else {}),
    }


def _filtered(pipeline: Pipeline, wanted: dict[str, Any]) -> QuerySet[ActionExecution]:
    rows = ActionExecution.objects.filter(execution__pipeline=pipeline)
    latest = wanted.get("latestInPipelineExecution")
    if latest and latest["startTimeRange"] not in ("Latest", "All"):
        raise ParameterProblem("startTimeRange must be Latest or All.", parameter="filter")
    execution_id = latest["pipelineExecutionId"] if latest else wanted.get("pipelineExecutionId", "")
    if not execution_id:
        return rows
    if not pipeline.executions.filter(uuid=execution_id).exists():
        raise PipelineExecutionNotFound(f"The pipeline {pipeline.name} has no execution {execution_id!r}.")
    rows = rows.filter(execution__uuid=execution_id)
    return rows.filter(current=True) if latest and latest["startTimeRange"] == "Latest" else rows


def _detail(row: ActionExecution, declared: Definition, version: int) -> dict[str, Any]:
    action = declared.action(row.stage.index, row.name)
    return filled(
        pipelineExecutionId=row.execution.uuid,
        actionExecutionId=row.uuid,
        pipelineVersion=version,
        stageName=row.stage.name,
        actionName=row.name,
        startTime=row.started_at,
        lastUpdateTime=row.updated_at,
        updatedBy=row.updated_by,
        status=row.status,
        input=_input(row, action, declared.role_arn),
        output=_output(row),
    )


def _input(row: ActionExecution, action: Action | None, role_arn: str) -> dict[str, Any]:
    if action is None:
        return {}
    kind = action.type
    return filled(
        actionTypeId={
            "category": kind.category,
            "owner": kind.owner,
            "provider": kind.provider,
            "version": kind.version,
        },
        configuration=dict(action.configuration),
        resolvedConfiguration=row.configuration,
        roleArn=action.role_arn or role_arn,
        region=action.region or settings.DEVOPSWEB_REGION,
        inputArtifacts=[_artifact(one) for one in row.input_artifacts],
        namespace=action.namespace,
    )


def _output(row: ActionExecution) -> dict[str, Any]:
    problem = filled(code=row.error_code, message=row.error_message[:5000])
    result = filled(
        externalExecutionId=row.external_id,
        externalExecutionSummary=row.summary,
        externalExecutionUrl=address(row.external_url),
        errorDetails=problem or None,
    )
    made = [_artifact(one) for one in row.output_artifacts if "digest" in one]
    return filled(outputArtifacts=made, executionResult=result or None, outputVariables=row.output_variables)


def _artifact(artifact: dict[str, Any]) -> dict[str, Any]:
    place = {"bucket": BUCKET, "key": artifact["digest"]} if "digest" in artifact else None
    return filled(name=artifact["name"], s3location=place)
