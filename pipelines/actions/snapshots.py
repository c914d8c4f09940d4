"""Loads what the planner sees, and keeps the rows at hand that it was made from."""

from dataclasses import dataclass, field

from pipelines.engine import definition
from pipelines.engine.snapshot import Run, Snapshot, StageRun
from pipelines.engine.types import Definition
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, StageExecution, StageTransition
from pipelines.states import RUNNING, ActionState, ExecutionState, StageState


@dataclass
class Rows:
    """The rows behind a snapshot: executions by id, stages by (execution, index), their actions."""

    executions: dict[int, PipelineExecution] = field(default_factory=dict)
    definitions: dict[int, Definition] = field(default_factory=dict)
    stages: dict[tuple[int, int], StageExecution] = field(default_factory=dict)
    actions: dict[int, dict[str, ActionExecution]] = field(default_factory=dict)

    def actions_of(self, execution_id: int) -> list[ActionExecution]:
        """The current actions of an execution."""
        return [
            action
            for (owner, _), stage in self.stages.items()
            if owner == execution_id
            for action in self.actions[stage.pk].values()
        ]


def load(pipeline: Pipeline) -> tuple[Snapshot, Rows]:
    """The pipeline's running executions."""
    rows = Rows()
    running = PipelineExecution.objects.filter(pipeline=pipeline, status__in=RUNNING)
    for execution in running.select_related("version").order_by("number"):
        execution.pipeline = pipeline
        rows.executions[execution.pk] = execution
        rows.definitions[execution.pk] = definition.load(execution.version.document)
    stages = StageExecution.objects.filter(execution__in=list(rows.executions)).order_by("index")
    for stage in stages:
        stage.execution = rows.executions[stage.execution_id]
        rows.stages[stage.execution_id, stage.index] = stage
        rows.actions[stage.pk] = {}
    actions = ActionExecution.objects.filter(execution__in=list(rows.executions), current=True)
    by_id = {stage.pk: stage for stage in rows.stages.values()}
    for action in actions.order_by("position"):
        action.stage, action.execution = by_id[action.stage_id], rows.executions[action.execution_id]
        rows.actions[action.stage_id][action.name] = action
    held = StageTransition.objects.filter(pipeline=pipeline, enabled=False).values_list("stage", flat=True)
    return Snapshot(tuple(_run(rows, pk) for pk in rows.executions), frozenset(held)), rows


def _run(rows: Rows, pk: int) -> Run:
    execution = rows.executions[pk]
    stages = [stage for (owner, _), stage in rows.stages.items() if owner == pk]
    return Run(
        id=pk,
        number=execution.number,
        definition=rows.definitions[pk],
        status=ExecutionState(execution.status),
        stages=tuple(
            StageRun(
                StageState(stage.status),
                {name: ActionState(action.status) for name, action in rows.actions[stage.pk].items()},
            )
            for stage in stages
        ),
        stop_mode=execution.stop_mode,
        cancelling=execution.cancel_requested,
    )
