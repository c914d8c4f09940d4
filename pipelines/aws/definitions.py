"""CodePipeline: definitions."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from devopsweb.kernel import tags as kernel_tags
from pipelines import access, api
from pipelines.aws.service import codepipeline
from pipelines.models import Pipeline, PipelineVersion

PAGE = 1000


@codepipeline.operation(
    "CreatePipeline",
    partial="SUPERSEDED mode and the action types of ListActionTypes; no triggers and no stage conditions.",
)
def create_pipeline(call: Call, params: Params) -> Result:
    """Create a pipeline with tags; its first execution starts at once."""
    document, tags = params["pipeline"], params.get("tags", [])
    api.create_pipeline(
        definition=document,
        principal=call.principal,
        at=call.at,
        tags=kernel_tags.pairs(tags),
    )
    row = Pipeline.objects.get(name=document["name"])
    return {"pipeline": access.version(row, 1).document, "tags": tags}


@codepipeline.operation("GetPipeline")
def get_pipeline(call: Call, params: Params) -> Result:
    """The definition, of any version."""
    return api.get_pipeline(name=params["name"], principal=call.principal, version=params.get("version"))


@codepipeline.operation("UpdatePipeline", partial="As CreatePipeline.")
def update_pipeline(call: Call, params: Params) -> Result:
    """Store a new version; executions under way are cancelled after their running actions."""
    stored = api.update_pipeline(definition=params["pipeline"], principal=call.principal, at=call.at)
    return {"pipeline": stored}


@codepipeline.operation("DeletePipeline")
def delete_pipeline(call: Call, params: Params) -> Result:
    """Delete a pipeline; one that is not there is no error."""
    api.delete_pipeline(name=params["name"], principal=call.principal, at=call.at)
    return None


@codepipeline.operation("ListPipelines")
def list_pipelines(call: Call, params: Params) -> Result:
    """All pipelines by name."""
    access.any_pipeline(call.principal)
    page = paging.page(
        Pipeline.objects.all(),
        token=params.get("nextToken", ""),
        size=params.get("maxResults", PAGE),
        key="name",
        ascending=True,
        scope="codepipeline:ListPipelines",
    )
    kinds = _kinds([row.pk for row in page.rows])
    rows = [_summary(row, *kinds.get((row.pk, row.version), ("V1", "SUPERSEDED"))) for row in page.rows]
    return {"pipelines": rows, **({"nextToken": page.next_token} if page.next_token else {})}


def _kinds(pipelines: list[int]) -> dict[tuple[int, int], tuple[str, str]]:
    """Type and mode of each version, without reading the documents."""
    rows = PipelineVersion.objects.filter(pipeline__in=pipelines).values_list(
        "pipeline_id", "number", "document__pipelineType", "document__executionMode"
    )
    return {(pipeline, number): (kind, mode) for pipeline, number, kind, mode in rows}


def _summary(row: Pipeline, kind: str, mode: str) -> dict[str, Any]:
    return {
        "name": row.name,
        "version": row.version,
        "pipelineType": kind,
        "executionMode": mode,
        "created": row.created_at,
        "updated": row.updated_at,
    }
