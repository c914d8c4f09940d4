"""Advances a pipeline: snapshot → plan → apply, then starts what the plan began.

Actions that end at once are settled in the next round's transaction, so a chain of short
actions runs in one call, without a job in between.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from pipelines import jobs
from pipelines.actions import apply, news, outcomes, snapshots, turns
from pipelines.engine import plan
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers.registry import Outcome
from pipelines.states import ActionState

ROUNDS = 500
ECHO = timedelta(milliseconds=250)
Settled = Sequence[tuple[ActionExecution, Outcome]]


def soon(pipeline_id: int) -> None:
    """Advance the pipeline once the present transaction commits."""
    jobs.ADVANCE.enqueue(pipeline_id=pipeline_id)


def report(action: ActionExecution, outcome: Outcome, *, at: datetime, by: str = "") -> bool:
    """News of an action from outside; True when it ended the action (late news changes nothing)."""
    with transaction.atomic():
        pipeline_id = action.execution.pipeline_id
        if outcome.status == ActionState.IN_PROGRESS or not turns.take(pipeline_id, due=at):
            return outcomes.settle(action, outcome, at=at, by=by)
        ended = outcomes.settle(action, outcome, at=at, by=by)
        news.topics(action.execution.pipeline.name, action.execution.uuid)
        soon(pipeline_id)
    return ended


def advance(*, pipeline_id: int, now: Callable[[], datetime]) -> None:
    """Bring the pipeline as far as it gets without news; safe to call twice, late, or never."""
    echo = _Echo(now())
    settled: Settled = []
    started: Sequence[ActionExecution] = ()
    for _ in range(ROUNDS):
        started = _round(pipeline_id, settled, echo, now())
        settled = [
            (action, outcome)
            for action in started
            if (outcome := outcomes.start(action, at=now())) is not None
        ]
        # Only now: the work of others waits for the start, pages do not.
        echo.beat(now())
        if all(outcome.status == ActionState.IN_PROGRESS for _, outcome in settled):
            _settle(settled, now())
            echo.end(started)
            return
    _settle(settled, now())
    echo.end(started)
    soon(pipeline_id)


class _Echo:
    """Tells open pages what moved: at most four times a second, and at the end."""

    def __init__(self, at: datetime) -> None:
        self._pipeline = ""
        self._moved: set[str] = set()
        self._told = at

    def add(self, pipeline: str, executions: set[str]) -> None:
        """These executions moved."""
        self._pipeline = pipeline
        self._moved |= executions

    def beat(self, at: datetime) -> None:
        """Tell, unless the last time was a moment ago."""
        if at - self._told >= ECHO:
            self.tell()
            self._told = at

    def end(self, started: Sequence[ActionExecution]) -> None:
        """The last word, with what the start of these actions has added to them."""
        self._moved |= {action.execution.uuid for action in started}
        self.tell()

    def tell(self) -> None:
        """Tell what was not told yet."""
        if self._moved:
            news.topics(self._pipeline, *sorted(self._moved))
            self._moved.clear()


def _round(pipeline_id: int, settled: Settled, echo: _Echo, at: datetime) -> list[ActionExecution]:
    with transaction.atomic():
        if not turns.take(pipeline_id, due=None):
            return []
        _settle(settled, at)
        pipeline = Pipeline.objects.get(pk=pipeline_id)
        snapshot, rows = snapshots.load(pipeline)
        decisions = plan.plan(snapshot)
        started = apply.apply(decisions, rows, at=at)
    moved = {rows.executions[decision.run].uuid for decision in decisions}
    echo.add(pipeline.name, moved | {action.execution.uuid for action, _ in settled})
    return started


def _settle(settled: Settled, at: datetime) -> None:
    if settled:
        with transaction.atomic():
            for action, outcome in settled:
                outcomes.settle(action, outcome, at=at)
