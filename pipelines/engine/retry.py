"""Which actions a retry of a stage runs again."""

from collections.abc import Mapping

from pipelines.engine.types import Stage
from pipelines.states import ActionState

FAILED_ACTIONS = "FAILED_ACTIONS"
ALL_ACTIONS = "ALL_ACTIONS"


def refusal(stage: Stage, states: Mapping[str, ActionState], mode: str) -> str:
    """Why the stage cannot be retried in ``mode``; empty when it can."""
    if all(states.get(action.name) == ActionState.SUCCEEDED for action in stage.actions):
        return "All of its actions succeeded."
    if mode == ALL_ACTIONS and ActionState.IN_PROGRESS in states.values():
        return "An action is still in progress; wait for it, or retry the failed actions only."
    if mode == FAILED_ACTIONS and not again(states, mode) and ActionState.IN_PROGRESS in states.values():
        return "None of its actions has failed."
    return ""


def again(states: Mapping[str, ActionState], mode: str) -> list[str]:
    """The names of the started actions that ``mode`` runs again."""
    if mode == ALL_ACTIONS:
        return list(states)
    return [name for name, state in states.items() if state in (ActionState.FAILED, ActionState.ABANDONED)]
