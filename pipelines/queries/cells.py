"""One stage of one execution in a word: what the grids, strips and cards show."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.models import ActionExecution
from pipelines.queries.runs import Run
from pipelines.states import ActionState, ExecutionState, StageState
from pipelines.urls_of import action_url, execution_url

MayApprove = Callable[[ActionExecution], bool]


@dataclass(frozen=True)
class Cell:
    """``state`` is a value of the state vocabulary; ``note`` a length of time beside the word."""

    stage: str
    state: str = ""
    word: str = ""
    note: timedelta | None = None
    href: str = ""

    @property
    def is_done(self) -> bool:
        """Finished work is quiet: its word is how long it took."""
        return self.state == StageState.SUCCEEDED


def cells(
    run: Run, names: Collection[str], *, held: Collection[str], me: MayApprove, now: datetime
) -> list[Cell]:
    """A cell for each stage name."""
    return [_cell(run, name, held, me, now) for name in names]


def _cell(run: Run, name: str, held: Collection[str], me: MayApprove, now: datetime) -> Cell:
    stage = run.stages.get(name)
    page = execution_url(run.execution)
    if stage is None:
        return _before(run, name, held, page, now)
    actions = list(run.actions_of(name).values())
    length = (stage.finished_at or now) - stage.started_at
    failed = [action for action in actions if action.status == ActionState.FAILED]
    waiting = [action for action in actions if action.is_waiting]
    running = [action for action in actions if action.status == ActionState.IN_PROGRESS]
    if stage.status == StageState.SUCCEEDED:
        return Cell(name, stage.status, note=length, href=page)
    if stage.status == StageState.FAILED and failed:
        first = failed[0]
        word = f"{first.name} rejected" if first.error_code == "ApprovalRejected" else f"{first.name} failed"
        return Cell(name, "Failed", word, href=action_url(first))
    if stage.status == StageState.IN_PROGRESS and waiting:
        word = "Waiting for you" if me(waiting[0]) else "Waiting for approval"
        return Cell(name, "WaitingForApproval", word, href=action_url(waiting[0]))
    if stage.status == StageState.IN_PROGRESS and running:
        return Cell(name, "InProgress", running[0].name, now - running[0].started_at, page)
    if stage.status == StageState.IN_PROGRESS and failed:
        return Cell(name, "Failed", f"{failed[0].name} failed", href=page)
    return Cell(name, stage.status, str(stage.status), href=page)


def _before(run: Run, name: str, held: Collection[str], page: str, now: datetime) -> Cell:
    if run.next_stage != name:
        return Cell(name)
    if run.execution.status == ExecutionState.SUPERSEDED:
        newer = run.execution.superseded_by
        return Cell(
            name, "Superseded", f"Superseded by #{newer.number}" if newer else "Superseded", href=page
        )
    if not run.execution.is_running:
        return Cell(name)
    since = now - run.waits_since
    if name in held:
        return Cell(name, "held", "Held", since, page)
    return Cell(name, "queued", "Waiting", since, page)


def sentence(run: Run, *, held: Collection[str], me: MayApprove) -> str:
    """Where the execution is, in a few words: ``Failed in Test``, ``Held before Production``."""
    status = run.execution.status
    for name in run.stage_names:
        stage = run.stages.get(name)
        if stage is None or stage.status == StageState.SUCCEEDED:
            continue
        waiting = [action for action in run.actions_of(name).values() if action.is_waiting]
        if waiting and stage.status == StageState.IN_PROGRESS:
            return "Waiting for you" if me(waiting[0]) else f"Waiting for approval in {name}"
        if stage.status == StageState.IN_PROGRESS:
            return f"In {name}"
        return f"{stage.status} in {name}"
    if status == ExecutionState.SUPERSEDED and run.execution.superseded_by:
        return f"Superseded by #{run.execution.superseded_by.number}"
    if run.execution.is_running and run.next_stage:
        return f"{'Held' if run.next_stage in held else 'Waiting'} before {run.next_stage}"
    return str(status)
