"""Verbs of executions: start, stop, retry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from devopsweb.kernel.errors import Conflict, Invalid
from pipelines.actions import advance, news, turns
from pipelines.engine import definition, retry
from pipelines.engine.types import Definition
from pipelines.engine.variables import settled
from pipelines.errors import StageNotFound
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, StageExecution
from pipelines.states import EXECUTION, STAGE, ActionState, ExecutionState, StageState


class PipelineExecutionNotStoppable(Conflict):
    """The execution is already over."""

    code = "PipelineExecutionNotStoppableException"


class DuplicatedStopRequest(Conflict):
    """The execution is being stopped already."""

    code = "DuplicatedStopRequestException"


class StageNotRetryable(Conflict):
    """The stage cannot be retried as it is."""

    code = "StageNotRetryableException"


class NotLatestPipelineExecution(Conflict):
    """A newer execution has entered the stage."""

    code = "NotLatestPipelineExecutionException"


def start(
    *,
    pipeline: Pipeline,
    trigger_type: str,
    at: datetime,
    trigger_detail: str = "",
    started_by: str = "",
    token: str | None = None,
    variables: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> PipelineExecution:
    """Begin an execution of the current version; the same ``token`` gives the same execution.

    ``variables`` are values of the pipeline's own variables, ``overrides`` revisions that source actions
    take instead of their latest. Raises ``InvalidVariables``, ``Invalid``.
    """
    with transaction.atomic():
        turns.take(pipeline.pk, due=at)
        if token:
            known = PipelineExecution.objects.filter(pipeline=pipeline, client_request_token=token).first()
            if known is not None:
                return known
        pipeline.refresh_from_db()
        version = pipeline.versions.get(number=pipeline.version)
        declared = definition.load(version.document)
        _check_overrides(declared, overrides or {})
        # Only a person can be asked for a value; a push goes on until an action needs it.
        asked = trigger_type == "StartPipelineExecution"
        pipeline.last_number += 1
        pipeline.save(update_fields=["last_number"])
        execution = PipelineExecution.objects.create(
            pipeline=pipeline,
            version=version,
            number=pipeline.last_number,
            trigger_type=trigger_type,
            trigger_detail=trigger_detail[:1024],
            started_by=started_by,
            client_request_token=token,
            variables=settled(declared.variables, variables or {}, complete=asked),
            overrides=dict(overrides or {}),
            started_at=at,
            updated_at=at,
        )
        news.of_execution(execution, at=at, by=started_by)
        news.topics(pipeline.name, execution.uuid)
        advance.soon(pipeline.pk)
    return execution


def _check_overrides(declared: Definition, overrides: Mapping[str, str]) -> None:
    sources = [action.name for action in declared.stages[0].actions]
    unknown = next((name for name in overrides if name not in sources), None)
    if unknown is not None:
        raise Invalid(f"'{unknown}' is no source action of the pipeline; it has {', '.join(sources)}.")


def stop(*, execution: PipelineExecution, abandon: bool, reason: str, by: str, at: datetime) -> None:
    """Stop the execution after its running actions, or at once and leave them be (``abandon``).

    Raises ``PipelineExecutionNotStoppable``, ``DuplicatedStopRequest``.
    """
    if len(reason) > 200:
        raise Invalid("The reason may have 200 characters.")
    with transaction.atomic():
        turns.take(execution.pipeline_id, due=at)
        execution.refresh_from_db(fields=["status", "stop_mode"])
        if not execution.is_running:
            raise PipelineExecutionNotStoppable(f"{execution} is not running: it is {execution.status}.")
        if execution.stop_mode == "abandon" or (execution.stop_mode and not abandon):
            raise DuplicatedStopRequest(f"{execution} is being stopped already.")
        mode = "abandon" if abandon else "wait"
        fields = {"stop_mode": mode, "stop_reason": reason, "stop_by": by, "updated_at": at}
        if EXECUTION.move(execution, ExecutionState.STOPPING, **fields):
            news.of_execution(execution, at=at, by=by)
        else:
            PipelineExecution.objects.filter(pk=execution.pk).update(**fields)
        news.topics(execution.pipeline.name, execution.uuid)
        advance.soon(execution.pipeline_id)


def retry_stage(*, execution: PipelineExecution, stage: str, mode: str, by: str, at: datetime) -> None:
    """Run a failed stage again: its failed actions, or all of them.

    Raises ``StageNotFound``, ``StageNotRetryable``, ``NotLatestPipelineExecution``.
    """
    if mode not in (retry.FAILED_ACTIONS, retry.ALL_ACTIONS):
        raise Invalid(f"retryMode must be FAILED_ACTIONS or ALL_ACTIONS, not {mode!r}.")
    with transaction.atomic():
        turns.take(execution.pipeline_id, due=at)
        execution.refresh_from_db(fields=["status", "stop_mode", "cancel_requested", "attempt"])
        row = execution.stages.filter(name=stage).first()
        if row is None:
            raise StageNotFound(f"{execution} has not entered a stage {stage!r}.")
        row.execution = execution
        actions = list(row.actions.filter(current=True))
        _require_retryable(execution, row, actions, mode)
        _take_up(execution, row, actions, mode, by=by, at=at)
        news.topics(execution.pipeline.name, execution.uuid)
        advance.soon(execution.pipeline_id)


def _require_retryable(
    execution: PipelineExecution, stage: StageExecution, actions: Sequence[ActionExecution], mode: str
) -> None:
    name = f"{stage.name} of {execution}"
    if execution.version.number != execution.pipeline.version or execution.cancel_requested:
        raise StageNotRetryable(f"{name} cannot be retried: the pipeline was changed since it started.")
    if stage.status not in (StageState.FAILED, StageState.STOPPED, StageState.IN_PROGRESS):
        raise StageNotRetryable(f"{name} cannot be retried: it is {stage.status}.")
    newer = StageExecution.objects.filter(
        execution__pipeline=execution.pipeline_id,
        execution__number__gt=execution.number,
        name=stage.name,
    )
    if newer.exists():
        raise NotLatestPipelineExecution(f"{name} cannot be retried: a newer execution has entered it.")
    declared = definition.load(execution.version.document).stages[stage.index]
    states = {action.name: ActionState(action.status) for action in actions}
    refusal = retry.refusal(declared, states, mode)
    if refusal:
        raise StageNotRetryable(f"{name} cannot be retried. {refusal}")


def _take_up(
    execution: PipelineExecution,
    stage: StageExecution,
    actions: Sequence[ActionExecution],
    mode: str,
    *,
    by: str,
    at: datetime,
) -> None:
    states = {action.name: ActionState(action.status) for action in actions}
    ActionExecution.objects.filter(stage=stage, current=True, name__in=retry.again(states, mode)).update(
        current=False
    )
    StageExecution.objects.filter(pk=stage.pk).update(attempt=stage.attempt + 1)
    if STAGE.move(stage, StageState.IN_PROGRESS, finished_at=None):
        news.of_stage(stage, at=at, state="RESUMED", by=by)
    cleared: dict[str, Any] = {"finished_at": None, "stop_mode": "", "stop_reason": "", "stop_by": ""}
    attempt = execution.attempt + 1
    if EXECUTION.move(execution, ExecutionState.IN_PROGRESS, attempt=attempt, updated_at=at, **cleared):
        news.of_execution(execution, at=at, state="RESUMED", by=by)
