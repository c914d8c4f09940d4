"""What the planner sees: the executions of one pipeline that are under way, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipelines.engine.types import Definition, Stage
from pipelines.states import ActionState, ExecutionState, StageState


@dataclass(frozen=True)
class StageRun:
    """A stage that an execution has entered.

    ``actions`` holds the current attempt's state of each action that was started;
    a retry takes actions out again.
    """

    status: StageState
    actions: Mapping[str, ActionState] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the execution is inside: the stage is locked."""
        return self.status in (StageState.IN_PROGRESS, StageState.STOPPING)


@dataclass(frozen=True)
class Run:
    """An execution: ``stages`` are those it has entered, in order."""

    id: int
    number: int
    definition: Definition
    status: ExecutionState = ExecutionState.IN_PROGRESS
    stages: tuple[StageRun, ...] = ()
    stop_mode: str = ""
    cancelling: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be decided."""
        return self.status not in (ExecutionState.IN_PROGRESS, ExecutionState.STOPPING)

    @property
    def here(self) -> int | None:
        """The index of the stage that it is in, or None between stages."""
        last = len(self.stages) - 1
        return last if self.stages and self.stages[last].is_open else None

    @property
    def ahead(self) -> Stage | None:
        """The stage that it waits to enter, or None (inside one, failed, or after the last)."""
        if self.is_over or self.here is not None:
            return None
        if any(stage.status != StageState.SUCCEEDED for stage in self.stages):
            return None
        entered = len(self.stages)
        return self.definition.stages[entered] if entered < len(self.definition.stages) else None

    def with_stage(self, index: int, stage: StageRun) -> "Run":
        """This run with one stage replaced (or added at the end)."""
        stages = [*self.stages]
        stages[index:] = [stage, *stages[index + 1 :]]
        return replace(self, stages=tuple(stages))


@dataclass(frozen=True)
class Snapshot:
    """The running executions of one pipeline; ``held`` are stages whose entry is switched off."""

    runs: tuple[Run, ...]
    held: frozenset[str] = frozenset()

    def run(self, run_id: int) -> Run:
        """The run of that id."""
        return next(run for run in self.runs if run.id == run_id)

    def with_run(self, changed: Run) -> "Snapshot":
        """This snapshot with one run replaced."""
        return replace(self, runs=tuple(changed if run.id == changed.id else run for run in self.runs))

    def locked(self, stage: str) -> bool:
        """Whether an execution is inside the stage of that name."""
        return any(
            run.here is not None and run.definition.stages[run.here].name == stage
            for run in self.runs
            if not run.is_over
        )
