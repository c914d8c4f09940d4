"""Advances a pipeline: snapshot → plan → apply, then starts what the plan began.

Actions that end at once are settled in the next round's transaction, so a chain of short
actions runs in one call, without a job in between.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from pipelines import jobs
from pipelines.actions import apply, outcomes, snapshots, turns
from pipelines.engine import plan
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers.registry import Outcome
from pipelines.states import ActionState

ROUNDS = 500
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
        soon(pipeline_id)
    return ended


def advance(*, pipeline_id: int, now: Callable[[], datetime]) -> None:
    """Bring the pipeline as far as it gets without news; safe to call twice, late, or never."""
    settled: Settled = []
    for _ in range(ROUNDS):
        started = _round(pipeline_id, settled, now())
        settled = [
            (action, outcome)
            for action in started
            if (outcome := outcomes.start(action, at=now())) is not None
        ]
        if all(outcome.status == ActionState.IN_PROGRESS for _, outcome in settled):
            _settle(settled, now())
            return
    _settle(settled, now())
    soon(pipeline_id)


def _round(pipeline_id: int, settled: Settled, at: datetime) -> list[ActionExecution]:
    with transaction.atomic():
        if not turns.take(pipeline_id, due=None):
            return []
        _settle(settled, at)
        pipeline = Pipeline.objects.get(pk=pipeline_id)
        snapshot, rows = snapshots.load(pipeline)
        return apply.apply(plan.plan(snapshot), rows, pipeline=pipeline, at=at)


def _settle(settled: Settled, at: datetime) -> None:
    if settled:
        with transaction.atomic():
            for action, outcome in settled:
                outcomes.settle(action, outcome, at=at)
