"""The live view of one pipeline: executions in flight by stages, and each stage's actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Max, Q

from pipelines.engine import retry
from pipelines.engine.types import Action, Definition, Stage
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, StageExecution, StageTransition
from pipelines.queries import cells, runs
from pipelines.queries.cells import Cell, MayApprove
from pipelines.queries.runs import Run
from pipelines.states import RUNNING, ActionState, ExecutionState, StageState

LOOK_BACK = 1000
MOST_ROWS = 12


@dataclass(frozen=True)
class Line:
    """An execution in flight."""

    run: Run
    cells: list[Cell]
    age: timedelta
    is_live: bool


@dataclass(frozen=True)
class ActionView:
    """A declared action and its present attempt, if it was reached."""

    declared: Action
    row: ActionExecution | None
    length: timedelta | None
    may_approve: bool


@dataclass(frozen=True)
class Column:
    """A stage: the execution last seen in it, and its actions by runOrder."""

    stage: Stage
    index: int
    transition: StageTransition | None
    note: str
    run: Run | None
    row: StageExecution | None
    state: str
    groups: list[list[ActionView]]
    can_retry_failed: bool
    can_retry_all: bool
    can_stop: bool

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name

    @property
    def is_held(self) -> bool:
        """Whether its entry is switched off."""
        return self.transition is not None and not self.transition.enabled


@dataclass(frozen=True)
class Board:
    """All of the page."""

    lines: list[Line]
    columns: list[Column]
    counts: dict[str, int]
    follow: int | None


def board(
    pipeline: Pipeline,
    definition: Definition,
    *,
    follow: int | None,
    me: MayApprove,
    now: datetime,
) -> Board:
    """The pipeline as it is now."""
    names = [stage.name for stage in definition.stages]
    switches = {row.stage: row for row in StageTransition.objects.filter(pipeline=pipeline)}
    held = {name for name, row in switches.items() if not row.enabled}
    latest = _latest_in_stages(pipeline)
    wanted = Q(status__in=RUNNING) | Q(number__in=set(latest.values()) | ({follow} if follow else set()))
    shown = PipelineExecution.objects.filter(wanted, pipeline=pipeline).order_by("-number")
    found = {run.execution.number: run for run in runs.load(shown[: MOST_ROWS + len(names)])}
    live = latest_success(pipeline)
    lines = [
        Line(
            run,
            cells.cells(run, names, held=held, me=me, now=now),
            now - run.execution.started_at,
            run.execution.number == live,
        )
        for run in list(found.values())[:MOST_ROWS]
    ]
    columns = [
        _column(stage, i, switches.get(stage.name), found, follow or latest.get(stage.name), latest, me, now)
        for i, stage in enumerate(definition.stages)
    ]
    return Board(lines, columns, _counts(list(found.values()), held), follow)


def _latest_in_stages(pipeline: Pipeline) -> dict[str, int]:
    entered = StageExecution.objects.filter(
        execution__pipeline=pipeline, execution__number__gt=pipeline.last_number - LOOK_BACK
    )
    return dict(entered.values_list("name").annotate(latest=Max("execution__number")).order_by())


def latest_success(pipeline: Pipeline) -> int | None:
    """The number of the newest execution that went through: what is live."""
    done = pipeline.executions.filter(status=ExecutionState.SUCCEEDED)
    return done.order_by("-number").values_list("number", flat=True).first()


def _column(
    stage: Stage,
    index: int,
    transition: StageTransition | None,
    found: dict[int, Run],
    number: int | None,
    latest: dict[str, int],
    me: MayApprove,
    now: datetime,
) -> Column:
    run = found.get(number) if number else None
    row = run.stages.get(stage.name) if run else None
    rows = run.actions_of(stage.name) if run and row else {}
    groups = [[_action(declared, rows.get(declared.name), me, now) for declared in g] for g in stage.groups()]
    newest = run is not None and latest.get(stage.name) == run.execution.number
    states = {name: ActionState(action.status) for name, action in rows.items()}
    return Column(
        stage=stage,
        index=index,
        transition=transition,
        note=_note(stage),
        run=run if row else None,
        row=row,
        state=_state(row, rows),
        groups=groups,
        can_retry_failed=newest and _retryable(stage, run, row, states, retry.FAILED_ACTIONS),
        can_retry_all=newest and _retryable(stage, run, row, states, retry.ALL_ACTIONS),
        can_stop=run is not None and row is not None and row.status == StageState.IN_PROGRESS
        and run.execution.status == ExecutionState.IN_PROGRESS,
    )  # fmt: skip


def _retryable(
    stage: Stage,
    run: Run | None,
    row: StageExecution | None,
    states: dict[str, ActionState],
    mode: str,
) -> bool:
    if run is None or row is None or run.execution.cancel_requested:
        return False
    if run.execution.version.number != run.execution.pipeline.version:
        return False
    over = row.status in (StageState.FAILED, StageState.STOPPED)
    early = row.status == StageState.IN_PROGRESS and bool(retry.again(states, retry.FAILED_ACTIONS))
    return (over or early) and not retry.refusal(stage, states, mode)


def _state(row: StageExecution | None, actions: dict[str, ActionExecution]) -> str:
    if row is None:
        return ""
    waiting = any(action.is_waiting for action in actions.values())
    return "WaitingForApproval" if waiting and row.status == StageState.IN_PROGRESS else row.status


def _action(declared: Action, row: ActionExecution | None, me: MayApprove, now: datetime) -> ActionView:
    length = None if row is None else (row.finished_at or now) - row.started_at
    return ActionView(declared, row, length, row is not None and row.is_waiting and me(row))


def _note(stage: Stage) -> str:
    if stage.actions[0].type.category == "Source":
        return ", ".join(
            action.configuration.get("BranchName", action.type.provider) for action in stage.actions
        )
    groups = stage.groups()
    if len(groups) == 1:
        count = len(stage.actions)
        return "1 action" if count == 1 else f"{count} in parallel"
    return f"{len(groups)} steps, {len(stage.actions)} actions"


def _counts(shown: Sequence[Run], held: set[str]) -> dict[str, int]:
    active = [run for run in shown if run.execution.is_running]
    return {
        "waiting": sum(bool(run.waiting) for run in active),
        "failed": sum(run.execution.status == ExecutionState.FAILED for run in shown),
        "running": sum(bool(run.running) for run in active),
        "held": sum(run.next_stage in held for run in active if run.next_stage),
    }


@dataclass(frozen=True)
class Record:
    """How the pipeline has been doing: of the last fifty finished executions."""

    lead_time: timedelta | None
    succeeded: int
    finished: int


def record(pipeline: Pipeline) -> Record:
    """Median lead time and success of the last fifty that were decided."""
    decided = pipeline.executions.filter(status__in=[ExecutionState.SUCCEEDED, ExecutionState.FAILED])
    rows = list(decided.order_by("-number").values_list("status", "started_at", "finished_at")[:50])
    times = [
        (end - start).total_seconds()
        for status, start, end in rows
        if status == ExecutionState.SUCCEEDED and end
    ]
    lead = timedelta(seconds=median(times)) if times else None
    return Record(lead, len(times), len(rows))
