"""The verb of transitions: hold the entry of a stage, or open it."""

import re
from datetime import datetime, timedelta

from django.db import transaction

from devopsweb.events import api as events
from devopsweb.kernel.errors import Invalid
from pipelines.actions import advance, executions, news, snapshots, turns
from pipelines.engine import definition
from pipelines.errors import StageNotFound
from pipelines.event_types import StageTransitionChanged
from pipelines.models import Pipeline, StageTransition

RESUMED_WITHIN = timedelta(days=30)
_REASON = re.compile(r"[a-zA-Z0-9!@ ().*?\-]+")


def gate(*, pipeline: Pipeline, stage: str, outbound: bool) -> str:
    """The stage whose entry is meant: ``stage`` itself, or the next one when its exit is (``outbound``).

    Raises ``StageNotFound``, ``Invalid`` when nothing follows.
    """
    names = _stages(pipeline)
    if stage not in names:
        raise StageNotFound(f"The pipeline {pipeline.name} has no stage {stage!r}.")
    if not outbound:
        return stage
    if stage == names[-1]:
        raise Invalid(f"{stage} is the last stage of {pipeline.name}: no transition leads out of it.")
    return names[names.index(stage) + 1]


def _stages(pipeline: Pipeline) -> list[str]:
    document = pipeline.versions.get(number=pipeline.version).document
    return [declared.name for declared in definition.load(document).stages]


def hold(*, pipeline: Pipeline, stage: str, reason: str, by: str, at: datetime) -> None:
    """Let no execution enter ``stage``. Raises ``StageNotFound``, ``Invalid``."""
    if not 1 <= len(reason) <= 300 or not _REASON.fullmatch(reason):
        raise Invalid(
            "The reason needs 1 to 300 characters: letters, digits, spaces and ! @ ( ) . * ? -, nothing else."
        )
    _switch(pipeline, stage, enabled=False, reason=reason, by=by, at=at)


def release(*, pipeline: Pipeline, stage: str, by: str, at: datetime) -> None:
    """Let executions enter ``stage`` again. Raises ``StageNotFound``."""
    _switch(pipeline, stage, enabled=True, reason="", by=by, at=at)


def _switch(pipeline: Pipeline, stage: str, *, enabled: bool, reason: str, by: str, at: datetime) -> None:
    if stage not in _stages(pipeline):
        raise StageNotFound(f"The pipeline {pipeline.name} has no stage {stage!r}.")
    with transaction.atomic():
        turns.take(pipeline.pk, due=at)
        now = StageTransition.objects.filter(pipeline=pipeline, stage=stage).first()
        if (now is None or now.enabled) and enabled:
            return
        if now is not None and enabled and at - now.changed_at > RESUMED_WITHIN:
            _give_up_waiting(pipeline, stage, by=by, at=at)
        StageTransition.objects.update_or_create(
            pipeline=pipeline,
            stage=stage,
            defaults={"enabled": enabled, "reason": reason, "changed_by": by, "changed_at": at},
        )
        changed = StageTransitionChanged(pipeline=pipeline.name, stage=stage, enabled=enabled, reason=reason)
        events.publish(changed, at=at, principal_arn=by)
        news.topics(pipeline.name)
        advance.soon(pipeline.pk)


def _give_up_waiting(pipeline: Pipeline, stage: str, *, by: str, at: datetime) -> None:
    """What waited behind a switch that was off for more than 30 days is not resumed."""
    snapshot, rows = snapshots.load(pipeline)
    for run in snapshot.runs:
        if run.ahead is not None and run.ahead.name == stage and not run.stop_mode:
            reason = f"The transition to {stage} was off for more than 30 days."
            executions.stop(execution=rows.executions[run.id], abandon=False, reason=reason, by=by, at=at)
