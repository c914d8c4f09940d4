"""What My work shows of pipelines: waiting for me, broken, running, and where each commit is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.arns import action_arn, pipeline_arn, stage_arn
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, SourceRevision, StageExecution
from pipelines.queries import cells, lists, runs
from pipelines.queries.cells import Cell, MayApprove
from pipelines.queries.runs import Run
from pipelines.states import RUNNING, ActionState, ExecutionState, StageState
from pipelines.urls_of import execution_url

MOST = 20


def may_see(principal: Principal, pipeline: Pipeline) -> bool:
    """Whether the principal may look at the pipeline."""
    return iam.is_allowed(
        principal, "codepipeline:GetPipelineState", pipeline_arn(pipeline.name), tags=pipeline.tags
    )


def may_approve(principal: Principal) -> MayApprove:
    """Whether the principal may answer an approval; each resource is asked once."""
    known: dict[str, bool] = {}

    def allowed(action: ActionExecution) -> bool:
        pipeline = action.execution.pipeline
        resource = action_arn(pipeline.name, action.stage.name, action.name)
        if resource not in known:
            known[resource] = iam.is_allowed(
                principal, "codepipeline:PutApprovalResult", resource, tags=pipeline.tags
            )
        return known[resource]

    return allowed


def waiting(principal: Principal) -> list[ActionExecution]:
    """The approvals that this principal may answer, the most urgent first."""
    rows = ActionExecution.objects.filter(
        status=ActionState.IN_PROGRESS, provider="Manual", current=True
    ).select_related("stage", "execution__pipeline", "execution__version")
    may = may_approve(principal)
    return [action for action in rows.order_by("due_at")[:200] if may(action)]


def _visible(principal: Principal, executions: "QuerySet[PipelineExecution]", limit: int) -> list[Run]:
    rows = [run for run in runs.load(executions[: limit * 3]) if may_see(principal, run.execution.pipeline)]
    return rows[:limit]


def running(principal: Principal) -> list[Run]:
    """Executions in which something works now, newest first."""
    working = PipelineExecution.objects.filter(
        status__in=RUNNING,
        pk__in=ActionExecution.objects.filter(status=ActionState.IN_PROGRESS)
        .exclude(provider="Manual")
        .values("execution"),
    )
    return _visible(principal, working.order_by("-pk"), MOST)


def broken(principal: Principal) -> list[Run]:
    """Pipelines whose last decided execution failed, until a newer one passes the stage it failed in."""
    decided = PipelineExecution.objects.filter(
        pipeline=OuterRef("pk"), status__in=[ExecutionState.SUCCEEDED, ExecutionState.FAILED]
    )
    last = Pipeline.objects.annotate(last=Subquery(decided.order_by("-number").values("pk")[:1]))
    passed = StageExecution.objects.filter(
        execution__pipeline=OuterRef("execution__pipeline"),
        execution__number__gt=OuterRef("execution__number"),
        name=OuterRef("name"),
        status=StageState.SUCCEEDED,
    )
    unmended = StageExecution.objects.filter(~Exists(passed), status=StageState.FAILED)
    failed = PipelineExecution.objects.filter(
        pk__in=last.values("last"), status=ExecutionState.FAILED, stages__in=unmended
    )
    return _visible(principal, failed.order_by("-pk"), MOST)


def retryable(principal: Principal, failed: Sequence[Run]) -> set[int]:
    """The executions (their keys) whose failed stage the principal may retry."""
    return {
        run.execution.pk
        for run in failed
        if run.failed
        and run.execution.version.number == run.execution.pipeline.version
        and iam.is_allowed(
            principal,
            "codepipeline:RetryStageExecution",
            stage_arn(run.execution.pipeline.name, run.failed[0].stage.name),
            tags=run.execution.pipeline.tags,
        )
    }


def held(principal: Principal) -> list[Run]:
    """Executions that wait in front of a transition that is off."""
    waiting_runs = PipelineExecution.objects.filter(
        status__in=RUNNING, pipeline__transitions__enabled=False
    ).distinct()
    shown = _visible(principal, waiting_runs.order_by("-pk"), MOST)
    switched = lists.held_stages([run.execution.pipeline_id for run in shown])
    return [run for run in shown if run.next_stage in switched[run.execution.pipeline_id]]


@dataclass(frozen=True)
class Commit:
    """A commit on its way: one execution's revision and its stages."""

    run: Run
    cells: list[Cell]
    sentence: str
    state: str


@dataclass(frozen=True)
class Way:
    """The pipeline whose commits are shown, its stages, and the commits, newest first."""

    pipeline: Pipeline
    stages: list[str]
    commits: list[Commit]


def way(principal: Principal, *, now: datetime, limit: int = 6) -> Way | None:
    """The commits of the pipeline that moved last."""
    moved = PipelineExecution.objects.order_by("-pk").select_related("pipeline")[:50]
    names = dict.fromkeys(execution.pipeline for execution in moved)
    pipeline = next((p for p in names if may_see(principal, p)), None)
    if pipeline is None:
        return None
    latest = runs.load(pipeline.executions.exclude(revisions=[]).order_by("-number")[: limit * 2])
    if not latest:
        return None
    stages = latest[0].stage_names[:7]
    switched = lists.held_stages([pipeline.pk])[pipeline.pk]
    me = may_approve(principal)
    seen: dict[str, Run] = {}
    for run in latest:
        seen.setdefault(run.execution.revision["revisionId"], run)
    commits = [
        Commit(
            run,
            cells.cells(run, stages, held=switched, me=me, now=now),
            cells.sentence(run, held=switched, me=me),
            run.look,
        )
        for run in list(seen.values())[:limit]
    ]
    return Way(pipeline, stages, commits)


def commit_status(
    principal: Principal, repository: str, shas: Sequence[str]
) -> Mapping[str, Sequence[tuple[str, str, str]]]:
    """What the newest execution of each pipeline says about each commit."""
    rows = (
        SourceRevision.objects.filter(repository=repository, sha__in=list(shas))
        .select_related("execution__pipeline")
        .order_by("execution__number")
    )
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    for row in rows:
        name = row.execution.pipeline.name
        if may_see(principal, row.execution.pipeline):
            label = f"{name} #{row.execution.number}"
            found.setdefault(row.sha, {})[name] = (label, row.execution.status, execution_url(row.execution))
    return {sha: list(by_pipeline.values()) for sha, by_pipeline in found.items()}


def search(principal: Principal, text: str) -> Iterable[Pipeline]:
    """Pipelines whose name contains ``text``."""
    rows = Pipeline.objects.filter(name__icontains=text).order_by("name")[:20]
    return [row for row in rows if may_see(principal, row)]


def by_number(principal: Principal, number: int) -> list[PipelineExecution]:
    """Executions of that number, of any pipeline."""
    rows = PipelineExecution.objects.filter(number=number).select_related("pipeline").order_by("-pk")[:20]
    return [row for row in rows if may_see(principal, row.pipeline)]
