"""Executions with their stages and current actions, loaded in three queries however many."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from pipelines.engine import definition
from pipelines.engine.types import Definition
from pipelines.models import ActionExecution, PipelineExecution, StageExecution
from pipelines.states import ActionState, ExecutionState, StageState


@dataclass
class Run:
    """An execution and what belongs to it, by name."""

    execution: PipelineExecution
    definition: Definition
    stages: dict[str, StageExecution] = field(default_factory=dict)
    actions: dict[str, dict[str, ActionExecution]] = field(default_factory=dict)

    def actions_of(self, stage: str) -> dict[str, ActionExecution]:
        """The current actions of a stage, by name."""
        return self.actions.get(stage, {})

    @property
    def stage_names(self) -> list[str]:
        """The declared stages."""
        return [stage.name for stage in self.definition.stages]

    @property
    def next_stage(self) -> str:
        """The stage in front of which it waits or ended waiting; empty inside one or after the last."""
        entered = [self.stages[name] for name in self.stage_names if name in self.stages]
        if any(stage.status != StageState.SUCCEEDED for stage in entered):
            return ""
        return self.stage_names[len(entered)] if len(entered) < len(self.stage_names) else ""

    @property
    def waiting(self) -> list[ActionExecution]:
        """Its unanswered approvals."""
        return [a for actions in self.actions.values() for a in actions.values() if a.is_waiting]

    @property
    def running(self) -> list[ActionExecution]:
        """Its running actions but approvals."""
        return [
            action
            for actions in self.actions.values()
            for action in actions.values()
            if action.status == ActionState.IN_PROGRESS and not action.is_waiting
        ]

    @property
    def failed(self) -> list[ActionExecution]:
        """Its failed actions."""
        return [
            a for actions in self.actions.values() for a in actions.values() if a.status == ActionState.FAILED
        ]

    @property
    def waits_since(self) -> datetime:
        """Since when it waits between stages."""
        ends = [stage.finished_at for stage in self.stages.values() if stage.finished_at]
        return max(ends, default=self.execution.started_at)

    @property
    def look(self) -> str:
        """The state to show for the whole execution."""
        if self.execution.status == ExecutionState.IN_PROGRESS and self.waiting:
            return "WaitingForApproval"
        return self.execution.status


def load(executions: "QuerySet[PipelineExecution]") -> list[Run]:
    """The executions of a (small) queryset, in its order."""
    rows = list(executions.select_related("pipeline", "version", "superseded_by"))
    runs = {row.pk: Run(row, definition.load(row.version.document)) for row in rows}
    stage_rows = StageExecution.objects.filter(execution__in=list(runs)).order_by("index")
    by_stage: dict[int, StageExecution] = {}
    for stage in stage_rows:
        run = runs[stage.execution_id]
        stage.execution = run.execution
        run.stages[stage.name] = by_stage[stage.pk] = stage
    # Of these stages only: one that began since they were read shows with the next look.
    actions = ActionExecution.objects.filter(stage__in=list(by_stage), current=True).order_by("position")
    for action in actions:
        stage = action.stage = by_stage[action.stage_id]
        action.execution = stage.execution
        runs[action.execution_id].actions.setdefault(stage.name, {})[action.name] = action
    return list(runs.values())


def one(execution: PipelineExecution) -> Run:
    """One execution."""
    return load(PipelineExecution.objects.filter(pk=execution.pk))[0]


def numbers(runs: Sequence[Run]) -> list[int]:
    """Their numbers."""
    return [run.execution.number for run in runs]
