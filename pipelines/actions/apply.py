"""Applies the planner's decisions by guarded moves, each with its event."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import singledispatchmethod

from pipelines.actions import measures, news
from pipelines.actions.snapshots import Rows
from pipelines.engine import plan
from pipelines.engine.types import Action
from pipelines.models import ActionExecution, StageExecution
from pipelines.providers import registry
from pipelines.states import ACTION, EXECUTION, STAGE, ActionState, ExecutionState, StageState

START_LEASE = timedelta(seconds=30)


def apply(decisions: Sequence[plan.Decision], rows: Rows, *, at: datetime) -> list[ActionExecution]:
    """Carry out ``decisions``; the actions that are now to be started."""
    applier = _Applier(rows, at)
    for decision in decisions:
        applier.do(decision)
    return applier.started


class _Applier:
    """Plays decisions onto the rows."""

    def __init__(self, rows: Rows, at: datetime) -> None:
        self.rows = rows
        self.at = at
        self.started: list[ActionExecution] = []

    @singledispatchmethod
    def do(self, decision: plan.Decision) -> None:
        """Carry out one decision."""
        raise TypeError(f"unknown decision {decision!r}")

    @do.register
    def _(self, decision: plan.EnterStage) -> None:
        execution = self.rows.executions[decision.run]
        name = self.rows.definitions[decision.run].stages[decision.index].name
        stage = StageExecution.objects.create(
            execution=execution, index=decision.index, name=name, started_at=self.at
        )
        self.rows.stages[decision.run, decision.index] = stage
        self.rows.actions[stage.pk] = {}
        news.of_stage(stage, at=self.at)

    @do.register
    def _(self, decision: plan.StartAction) -> None:
        stage = self.rows.stages[decision.run, decision.index]
        declared = self.rows.definitions[decision.run].stages[decision.index].actions
        position, action = next((i, a) for i, a in enumerate(declared) if a.name == decision.action)
        row = self._create(stage, action, position)
        self.rows.actions[stage.pk][action.name] = row
        news.of_action(row, at=self.at)
        self.started.append(row)

    @do.register
    def _(self, decision: plan.AbandonAction) -> None:
        stage = self.rows.stages[decision.run, decision.index]
        row = self.rows.actions[stage.pk][decision.action]
        over = {"finished_at": self.at, "updated_at": self.at, "lease_until": None, "check_at": None}
        if ACTION.move(row, ActionState.ABANDONED, due_at=None, **over):
            news.of_action(row, at=self.at)

    @do.register
    def _(self, decision: plan.StopStage) -> None:
        stage = self.rows.stages[decision.run, decision.index]
        if STAGE.move(stage, StageState.STOPPING):
            news.of_stage(stage, at=self.at)

    @do.register
    def _(self, decision: plan.FinishStage) -> None:
        stage = self.rows.stages[decision.run, decision.index]
        if STAGE.move(stage, decision.status, finished_at=self.at):
            news.of_stage(stage, at=self.at)

    @do.register
    def _(self, decision: plan.FinishRun) -> None:
        execution = self.rows.executions[decision.run]
        if EXECUTION.move(execution, decision.status, finished_at=self.at, updated_at=self.at):
            news.of_execution(execution, at=self.at)
            measures.finished(execution, at=self.at)

    @do.register
    def _(self, decision: plan.Supersede) -> None:
        execution, newer = self.rows.executions[decision.run], self.rows.executions[decision.by]
        fields = {"finished_at": self.at, "updated_at": self.at, "superseded_by": newer}
        if EXECUTION.move(execution, ExecutionState.SUPERSEDED, **fields):
            news.of_execution(execution, at=self.at)

    def _create(self, stage: StageExecution, action: Action, position: int) -> ActionExecution:
        execution = self.rows.executions[stage.execution_id]
        earlier = stage.attempt > 1 and ActionExecution.objects.filter(stage=stage, name=action.name).count()
        return ActionExecution.objects.create(
            execution=execution,
            stage=stage,
            name=action.name,
            position=position,
            run_order=action.run_order,
            attempt=int(earlier) + 1,
            category=action.type.category,
            provider=action.type.provider,
            configuration=dict(action.configuration),
            input_artifacts=self._inputs(execution.pk, action),
            output_artifacts=[{"name": name} for name in action.outputs],
            started_at=self.at,
            updated_at=self.at,
            lease_until=self.at + START_LEASE,
            due_at=self.at + _time_out(action),
        )

    def _inputs(self, execution_id: int, action: Action) -> list[dict[str, object]]:
        made = {
            artifact["name"]: artifact
            for row in self.rows.actions_of(execution_id)
            if row.status == ActionState.SUCCEEDED
            for artifact in row.output_artifacts
        }
        return [made.get(name, {"name": name}) for name in action.inputs]


def _time_out(action: Action) -> timedelta:
    if action.timeout_minutes is not None:
        return timedelta(minutes=action.timeout_minutes)
    provider = registry.provider(action.type.category, action.type.provider)
    return provider.spec.timeout if provider else timedelta(hours=1)
