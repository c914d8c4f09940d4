"""Pages: executions of a pipeline, one execution, its artifacts."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from devopsweb.blobs import api as blobs
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages
from pipelines import access
from pipelines.errors import ActionNotFound
from pipelines.queries import details, home, lists, releases, runs, timelines
from pipelines.states import ExecutionState
from pipelines.views.boards import powers


@require_safe
def index(request: Request, name: str) -> HttpResponse:
    """All executions, newest first."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:ListPipelineExecutions")
    status = request.GET.get("status", "")
    status = status if status in list(ExecutionState) else ""
    token = request.GET.get("token", "")
    context = {
        "pipeline": pipeline,
        "page": lists.executions(pipeline, status=status, token=token),
        "status": status,
        "statuses": list(ExecutionState),
        "token": token,
        "tab": "executions",
        "may": powers(request, pipeline),
    }
    return pages.render(request, "pipelines/executions.html", context, parts={"rows"})


@require_safe
def show(request: Request, name: str, number: int) -> HttpResponse:
    """One execution: timeline, change, artifacts, variables, activity."""
    row = access.execution(request.principal, name, number, "codepipeline:GetPipelineExecution")
    run = runs.one(row)
    now = clock.now()
    me = home.may_approve(request.principal)
    held = lists.held_stages([row.pipeline_id])[row.pipeline_id]
    may = powers(request, row.pipeline)
    context: dict[str, Any] = {
        "pipeline": row.pipeline,
        "run": run,
        "execution": row,
        "timeline": timelines.timeline(run, now=now),
        "release": releases.release(row, stage=run.stage_names[-1], principal=request.principal),
        "artifacts": details.artifacts(run),
        "variables": details.variables(run),
        "activity": details.activity(run),
        "problems": details.problems(run),
        "to_answer": [action for action in run.waiting if me(action)],
        "sentence": details.sentence(run, held=held, me=me),
        "may": may,
        "retry": details.retryable(run, request.principal),
    }
    return pages.render(request, "pipelines/execution.html", context, parts={"head", "timeline", "facts"})


@require_safe
def artifact(request: Request, name: str, number: int, artifact: str) -> HttpResponseBase:
    """The zip of an artifact."""
    row = access.execution(request.principal, name, number, "codepipeline:GetPipelineExecution")
    found = next((made for made in details.artifacts(runs.one(row)) if made.name == artifact), None)
    if found is None:
        raise ActionNotFound(f"{name} #{number} has no artifact {artifact!r}.")
    file = blobs.path(found.digest).open("rb")
    return FileResponse(file, as_attachment=True, filename=f"{name}-{number}-{artifact}.zip")
