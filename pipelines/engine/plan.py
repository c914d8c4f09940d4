"""The planner: what is to happen next in a pipeline (SUPERSEDED mode). Pure.

``next_decision`` looks at a snapshot and names the one next step; ``plan`` follows it until
nothing is left, by playing each decision onto the snapshot. A worker that dies after any
prefix of a plan therefore leaves a state from which the same rest is planned again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipelines.engine.snapshot import Run, Snapshot, StageRun
from pipelines.engine.types import Action
from pipelines.states import ActionState, ExecutionState, StageState


@dataclass(frozen=True)
class EnterStage:
    """The execution locks its next stage."""

    run: int
    index: int


@dataclass(frozen=True)
class StartAction:
    """An action of the stage that the execution is in begins."""

    run: int
    index: int
    action: str


@dataclass(frozen=True)
class AbandonAction:
    """A running action is given up; what the provider does goes on."""

    run: int
    index: int
    action: str


@dataclass(frozen=True)
class StopStage:
    """The stage waits for its running actions and starts no more."""

    run: int
    index: int


@dataclass(frozen=True)
class FinishStage:
    """The stage is over and unlocks."""

    run: int
    index: int
    status: StageState


@dataclass(frozen=True)
class FinishRun:
    """The execution is over."""

    run: int
    status: ExecutionState


@dataclass(frozen=True)
class Supersede:
    """A newer execution takes the waiting place of an older one."""

    run: int
    by: int


Decision = EnterStage | StartAction | AbandonAction | StopStage | FinishStage | FinishRun | Supersede


def plan(snapshot: Snapshot) -> list[Decision]:
    """Every decision that follows from ``snapshot``, in order."""
    decisions: list[Decision] = []
    while (decision := next_decision(snapshot)) is not None:
        decisions.append(decision)
        snapshot = play(snapshot, decision)
    return decisions


def next_decision(snapshot: Snapshot) -> Decision | None:
    """The next decision, or None when only news from outside can change anything."""
    for run in snapshot.runs:
        if not run.is_over:
            for decision in _within(run):
                return decision
    return next(_between(snapshot), None)


def _within(run: Run) -> Iterator[Decision]:
    if run.here is None:
        yield from _end(run)
        return
    stage = run.stages[run.here]
    if run.stop_mode == "abandon":
        for name, state in stage.actions.items():
            if state == ActionState.IN_PROGRESS:
                yield AbandonAction(run.id, run.here, name)
    startable = _startable(run, stage, run.here)
    for action in startable:
        yield StartAction(run.id, run.here, action.name)
    running = any(state == ActionState.IN_PROGRESS for state in stage.actions.values())
    if not running and not startable:
        yield FinishStage(run.id, run.here, fold_stage(run, stage, run.here))
    elif run.stop_mode and stage.status == StageState.IN_PROGRESS:
        yield StopStage(run.id, run.here)


def _startable(run: Run, stage: StageRun, index: int) -> list[Action]:
    """The unstarted actions of the lowest ``runOrder`` that has not succeeded as a whole."""
    if run.stop_mode or run.cancelling:
        return []
    for group in run.definition.stages[index].groups():
        states = [stage.actions.get(action.name) for action in group]
        if any(state in (ActionState.FAILED, ActionState.ABANDONED) for state in states):
            return []
        if any(state != ActionState.SUCCEEDED for state in states):
            return [action for action in group if action.name not in stage.actions]
    return []


def fold_stage(run: Run, stage: StageRun, index: int) -> StageState:
    """The end state of a stage none of whose actions runs; the first that applies."""
    actions = run.definition.stages[index].actions
    states = [stage.actions.get(action.name) for action in actions]
    if all(state == ActionState.SUCCEEDED for state in states):
        return StageState.SUCCEEDED
    if run.cancelling:
        return StageState.CANCELLED
    if run.stop_mode:
        return StageState.STOPPED
    return StageState.FAILED


def _end(run: Run) -> Iterator[Decision]:
    """The end of a run that is in no stage, when there is one."""
    worst = run.stages[-1].status if run.stages else StageState.SUCCEEDED
    complete = len(run.stages) == len(run.definition.stages)
    if run.cancelling:
        yield FinishRun(run.id, ExecutionState.CANCELLED)
    elif run.stop_mode:
        yield FinishRun(run.id, ExecutionState.STOPPED)
    elif worst == StageState.FAILED:
        yield FinishRun(run.id, ExecutionState.FAILED)
    elif worst == StageState.SUCCEEDED and complete:
        yield FinishRun(run.id, ExecutionState.SUCCEEDED)


def _between(snapshot: Snapshot) -> Iterator[Decision]:
    """Supersessions and entries, from the last stage to the first so that room opens ahead."""
    waiting: dict[str, list[Run]] = {}
    depth: dict[str, int] = {}
    for run in snapshot.runs:
        stage = run.ahead
        if stage is not None:
            waiting.setdefault(stage.name, []).append(run)
            depth[stage.name] = max(depth.get(stage.name, 0), len(run.stages))
    for name in sorted(waiting, key=lambda stage: -depth[stage]):
        *older, newest = sorted(waiting[name], key=lambda run: run.number)
        for run in older:
            yield Supersede(run.id, newest.id)
        if name not in snapshot.held and not snapshot.locked(name):
            yield EnterStage(newest.id, len(newest.stages))


def play(snapshot: Snapshot, decision: Decision) -> Snapshot:
    """``snapshot`` after ``decision``."""
    run = snapshot.run(decision.run)
    return snapshot.with_run(_played(run, decision))


def _played(run: Run, decision: Decision) -> Run:
    match decision:
        case EnterStage(index=index):
            return run.with_stage(index, StageRun(StageState.IN_PROGRESS))
        case StartAction(index=index, action=action):
            return _with_action(run, index, action, ActionState.IN_PROGRESS)
        case AbandonAction(index=index, action=action):
            return _with_action(run, index, action, ActionState.ABANDONED)
        case StopStage(index=index):
            return run.with_stage(index, replace(run.stages[index], status=StageState.STOPPING))
        case FinishStage(index=index, status=stage_status):
            return run.with_stage(index, replace(run.stages[index], status=stage_status))
        case FinishRun(status=status):
            return replace(run, status=status)
        case Supersede():
            return replace(run, status=ExecutionState.SUPERSEDED)


def _with_action(run: Run, index: int, action: str, state: ActionState) -> Run:
    stage = run.stages[index]
    return run.with_stage(index, replace(stage, actions={**stage.actions, action: state}))
