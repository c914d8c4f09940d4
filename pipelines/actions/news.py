"""Tells what changed: events for other apps and the feed, topics for open pages."""

from datetime import datetime
from typing import Any

from django.conf import settings

from devopsweb.events import api as events
from devopsweb.live import api as live
from pipelines.event_types import (
    ActionExecutionStateChanged,
    PipelineExecutionStateChanged,
    StageExecutionStateChanged,
)
from pipelines.models import ActionExecution, PipelineExecution, StageExecution

_STARTED = {"InProgress": "STARTED", "Cancelled": "CANCELED"}


def _word(status: str) -> str:
    return _STARTED.get(status, status.upper())


def _common(execution: PipelineExecution) -> dict[str, Any]:
    return {
        "pipeline": execution.pipeline.name,
        "execution_id": execution.uuid,
        "number": execution.number,
        "version": execution.version.number,
        "attempt": execution.attempt,
        "start_time": execution.started_at.isoformat(),
        "trigger_type": execution.trigger_type,
        "trigger_detail": execution.trigger_detail,
    }


def of_execution(execution: PipelineExecution, *, at: datetime, state: str = "", by: str = "") -> None:
    """The execution's status is now what it says (``state`` overrides the word: RESUMED)."""
    event = PipelineExecutionStateChanged(
        **_common(execution), state=state or _word(execution.status), stop_reason=execution.stop_reason
    )
    events.publish(event, at=at, principal_arn=by)


def of_stage(stage: StageExecution, *, at: datetime, state: str = "", by: str = "") -> None:
    """The stage's status is now what it says."""
    event = StageExecutionStateChanged(
        **_common(stage.execution), state=state or _word(stage.status), stage=stage.name
    )
    events.publish(event, at=at, principal_arn=by)


def of_action(action: ActionExecution, *, at: datetime, by: str = "") -> None:
    """The action's status is now what it says."""
    event = ActionExecutionStateChanged(
        **_common(action.execution),
        state=_word(action.status),
        stage=action.stage.name,
        action=action.name,
        action_execution_id=action.uuid,
        region=settings.DEVOPSWEB_REGION,
        type={"owner": "AWS", "category": action.category, "provider": action.provider, "version": "1"},
        input_artifacts=action.input_artifacts,
        output_artifacts=action.output_artifacts,
        external_id=action.external_id,
        external_url=action.external_url,
        summary=action.summary,
        error_code=action.error_code,
    )
    events.publish(event, at=at, principal_arn=by)


def topics(pipeline: str, *executions: str) -> None:
    """Let open pages fetch again."""
    live.changed(
        f"pipeline:{pipeline}", *(f"execution:{uuid}" for uuid in executions), "pipelines:all", "home:all"
    )
