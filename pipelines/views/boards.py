"""Pages: the list of pipelines, and one pipeline live."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages
from pipelines import access
from pipelines.arns import pipeline_arn, stage_arn
from pipelines.engine import definition
from pipelines.models import Pipeline
from pipelines.queries import boards, home, lists


@require_safe
def index(request: Request) -> HttpResponse:
    """All pipelines, each with its latest execution."""
    access.any_pipeline(request.principal)
    search = request.GET.get("q", "").strip()[:100]
    page = int(text) if (text := request.GET.get("page", "")).isdigit() else 1
    entries, shown = lists.pipelines(
        search=search, page=page, me=home.may_approve(request.principal), now=clock.now()
    )
    context = {
        "entries": entries,
        "page": shown,
        "search": search,
        "may_create": access.may_create(request.principal),
    }
    return pages.render(request, "pipelines/index.html", context, parts={"rows"})


@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """One pipeline: what is in flight, the stages, what is finished."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:GetPipelineState")
    declared = definition.load(access.version(pipeline, pipeline.version).document)
    follow = int(text) if (text := request.GET.get("follow", "")).isdigit() else None
    me = home.may_approve(request.principal)
    board = boards.board(pipeline, declared, follow=follow, me=me, now=clock.now())
    context = {
        "pipeline": pipeline,
        "definition": declared,
        "board": board,
        "record": boards.record(pipeline),
        "finished": lists.finished(pipeline),
        "tab": "pipeline",
        "may": powers(request, pipeline),
        "stages_may": {stage.name: _stage_powers(request, name, stage.name) for stage in declared.stages},
    }
    return pages.render(request, "pipelines/board.html", context, parts={"summary", "pipe", "history"})


def powers(request: Request, pipeline: Pipeline) -> dict[str, bool]:
    """Which verbs of the pipeline the user may use: buttons for others are not offered."""
    verbs = {
        "start": "StartPipelineExecution",
        "stop": "StopPipelineExecution",
        "update": "UpdatePipeline",
        "delete": "DeletePipeline",
    }
    resource = pipeline_arn(pipeline.name)
    return {
        key: iam.is_allowed(request.principal, f"codepipeline:{verb}", resource)
        for key, verb in verbs.items()
    }


def _stage_powers(request: Request, name: str, stage: str) -> dict[str, bool]:
    verbs = {
        "retry": "RetryStageExecution",
        "disable": "DisableStageTransition",
        "enable": "EnableStageTransition",
    }
    resource = stage_arn(name, stage)
    return {
        key: iam.is_allowed(request.principal, f"codepipeline:{verb}", resource)
        for key, verb in verbs.items()
    }
