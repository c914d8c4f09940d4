"""Lists: pipelines with their latest execution, executions of one pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery

from devopsweb.kernel import paging
from pipelines.models import Pipeline, PipelineExecution, StageTransition
from pipelines.queries import cells, runs
from pipelines.queries.cells import Cell, MayApprove
from pipelines.queries.runs import Run
from pipelines.states import RUNNING, StageState

PER_PAGE = 25


@dataclass(frozen=True)
class Entry:
    """A pipeline and its latest execution, if it has one."""

    pipeline: Pipeline
    run: Run | None
    cells: list[Cell]
    sentence: str


def held_stages(pipelines: Sequence[int]) -> dict[int, set[str]]:
    """The stages whose entry is switched off, by pipeline."""
    held: dict[int, set[str]] = {pk: set() for pk in pipelines}
    rows = StageTransition.objects.filter(pipeline__in=list(pipelines), enabled=False)
    for pipeline_id, stage in rows.values_list("pipeline_id", "stage"):
        held[pipeline_id].add(stage)
    return held


def pipelines(*, search: str, page: int, me: MayApprove, now: datetime) -> tuple[list[Entry], Page[Any]]:
    """One page of the pipelines whose name contains ``search``, by name."""
    found = Pipeline.objects.filter(name__icontains=search) if search else Pipeline.objects.all()
    latest = PipelineExecution.objects.filter(pipeline=OuterRef("pk")).order_by("-number").values("pk")[:1]
    shown: Page[Any] = Paginator(found.annotate(latest=Subquery(latest)).order_by("name"), PER_PAGE).get_page(
        page
    )
    latest_ids = [row.latest for row in shown if row.latest]
    by_pipeline = {
        run.execution.pipeline_id: run
        for run in runs.load(PipelineExecution.objects.filter(pk__in=latest_ids))
    }
    held = held_stages([row.pk for row in shown])
    return [_entry(row, by_pipeline.get(row.pk), held[row.pk], me, now) for row in shown], shown


def _entry(pipeline: Pipeline, run: Run | None, held: set[str], me: MayApprove, now: datetime) -> Entry:
    if run is None:
        return Entry(pipeline, None, [], "Never ran")
    shown = cells.cells(run, run.stage_names, held=held, me=me, now=now)
    return Entry(pipeline, run, shown, cells.sentence(run, held=held, me=me))


def executions(
    pipeline: Pipeline,
    *,
    status: str,
    token: str,
    size: int = PER_PAGE,
    succeeded_in: str = "",
    scope: str = "",
) -> paging.Page[PipelineExecution]:
    """One page of executions, newest first; ``succeeded_in`` names a stage of the current version."""
    rows: QuerySet[PipelineExecution] = pipeline.executions.select_related("superseded_by", "version")
    if status:
        rows = rows.filter(status=status)
    if succeeded_in:
        passed = {"stages__name": succeeded_in, "stages__status": StageState.SUCCEEDED}
        rows = rows.filter(version__number=pipeline.version, **passed)
    return paging.page(rows, token=token, size=size, key="number", scope=scope)


def finished(pipeline: Pipeline, limit: int = 8) -> list[PipelineExecution]:
    """The executions that ended last."""
    over = pipeline.executions.exclude(status__in=RUNNING).select_related("superseded_by")
    return list(over.order_by("-number")[:limit])
