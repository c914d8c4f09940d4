"""The only list of legal moves of executions, stages and actions; the words are AWS's."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class ExecutionState(StrEnum):
    """A pipeline execution's status."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    SUPERSEDED = "Superseded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class StageState(StrEnum):
    """A stage execution's status."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class ActionState(StrEnum):
    """An action execution's status."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


_E, _S, _A = ExecutionState, StageState, ActionState

EXECUTION = StateMachine[ExecutionState](
    {
        _E.IN_PROGRESS: frozenset({_E.SUCCEEDED, _E.FAILED, _E.SUPERSEDED, _E.STOPPING, _E.CANCELLED}),
        _E.STOPPING: frozenset({_E.STOPPED, _E.CANCELLED}),
        # A retry takes up a failed or stopped execution again.
        _E.FAILED: frozenset({_E.IN_PROGRESS}),
        _E.STOPPED: frozenset({_E.IN_PROGRESS}),
        _E.SUCCEEDED: frozenset(),
        _E.SUPERSEDED: frozenset(),
        _E.CANCELLED: frozenset(),
    }
)

STAGE = StateMachine[StageState](
    {
        _S.IN_PROGRESS: frozenset({_S.SUCCEEDED, _S.FAILED, _S.STOPPING, _S.STOPPED, _S.CANCELLED}),
        _S.STOPPING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.STOPPED, _S.CANCELLED}),
        _S.FAILED: frozenset({_S.IN_PROGRESS}),
        _S.STOPPED: frozenset({_S.IN_PROGRESS}),
        _S.SUCCEEDED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)

ACTION = StateMachine[ActionState](
    {
        _A.IN_PROGRESS: frozenset({_A.SUCCEEDED, _A.FAILED, _A.ABANDONED}),
        _A.SUCCEEDED: frozenset(),
        _A.FAILED: frozenset(),
        _A.ABANDONED: frozenset(),
    }
)

RUNNING = (ExecutionState.IN_PROGRESS, ExecutionState.STOPPING)
