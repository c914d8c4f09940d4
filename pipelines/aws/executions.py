"""CodePipeline: executions, one and many."""

from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from pipelines import access, api
from pipelines.aws.service import address, codepipeline, filled, moment, trigger
from pipelines.models import PipelineExecution
from pipelines.queries import lists

PAGE = 100
ACT = "codepipeline:"


@codepipeline.operation("StartPipelineExecution")
def start_pipeline_execution(call: Call, params: Params) -> Result:
    """Start an execution, with values of variables and chosen commits."""
    started = api.start_execution(
        name=params["name"],
        principal=call.principal,
        at=call.at,
        client_request_token=params.get("clientRequestToken"),
        variables={one["name"]: one["value"] for one in params.get("variables", [])},
        overrides={one["actionName"]: _commit(one) for one in params.get("sourceRevisions", [])},
    )
    return {"pipelineExecutionId": started.id}


def _commit(override: dict[str, Any]) -> str:
    if override["revisionType"] != "COMMIT_ID":
        raise ParameterProblem(
            f"The source revision type {override['revisionType']} is for S3 and ECR sources, which are not "
            "available here; use COMMIT_ID.",
            parameter="sourceRevisions",
        )
    return str(override["revisionValue"])


@codepipeline.operation("StopPipelineExecution")
def stop_pipeline_execution(call: Call, params: Params) -> Result:
    """Stop an execution after its running actions, or at once."""
    api.stop_execution(
        pipeline=params["pipelineName"],
        execution_id=params["pipelineExecutionId"],
        principal=call.principal,
        at=call.at,
        abandon=params.get("abandon", False),
        reason=params.get("reason", ""),
    )
    return {"pipelineExecutionId": params["pipelineExecutionId"]}


@codepipeline.operation("GetPipelineExecution")
def get_pipeline_execution(call: Call, params: Params) -> Result:
    """One execution with the revisions that it took."""
    row = access.run(
        call.principal, params["pipelineName"], params["pipelineExecutionId"], f"{ACT}GetPipelineExecution"
    )
    found = filled(
        pipelineName=row.pipeline.name,
        pipelineVersion=row.version.number,
        pipelineExecutionId=row.uuid,
        status=row.status,
        statusSummary=row.status_summary,
        artifactRevisions=[_artifact(one) for one in row.revisions],
        variables=[{"name": name, "resolvedValue": value} for name, value in row.variables.items()],
        trigger=trigger(row),
        executionMode=row.version.document["executionMode"],
        executionType="STANDARD",
    )
    return {"pipelineExecution": found}


def _artifact(revision: dict[str, Any]) -> dict[str, Any]:
    return filled(
        name=revision.get("name", ""),
        revisionId=revision["revisionId"],
        revisionSummary=revision.get("revisionSummary", ""),
        created=moment(revision.get("created", "")),
        revisionUrl=address(revision.get("revisionUrl", "")),
    )


@codepipeline.operation("ListPipelineExecutions")
def list_pipeline_executions(call: Call, params: Params) -> Result:
    """The executions of a pipeline, newest first."""
    pipeline = access.pipeline(call.principal, params["pipelineName"], f"{ACT}ListPipelineExecutions")
    stage = params.get("filter", {}).get("succeededInStage", {}).get("stageName", "")
    page = lists.executions(
        pipeline,
        status="",
        succeeded_in=stage,
        token=params.get("nextToken", ""),
        size=params.get("maxResults", PAGE),
        scope=f"codepipeline:ListPipelineExecutions:{pipeline.pk}:{stage}",
    )
    rows = [_summary(row) for row in page.rows]
    return {
        "pipelineExecutionSummaries": rows,
        **({"nextToken": page.next_token} if page.next_token else {}),
    }


def _summary(row: PipelineExecution) -> dict[str, Any]:
    return filled(
        pipelineExecutionId=row.uuid,
        status=row.status,
        statusSummary=row.status_summary,
        startTime=row.started_at,
        lastUpdateTime=row.updated_at,
        sourceRevisions=[_source(one) for one in row.revisions],
        trigger=trigger(row),
        stopTrigger={"reason": row.stop_reason} if row.stop_mode else None,
        executionMode=row.version.document["executionMode"],
        executionType="STANDARD",
    )


def _source(revision: dict[str, Any]) -> dict[str, Any]:
    return filled(
        actionName=revision["actionName"],
        revisionId=revision["revisionId"],
        revisionSummary=revision.get("revisionSummary", ""),
        revisionUrl=address(revision.get("revisionUrl", "")),
    )
