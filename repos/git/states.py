"""States of a push."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class PushState(StrEnum):
    """Whether a push may still move references."""

    IN_PROGRESS = "InProgress"
    SETTLED = "Settled"


PUSH = StateMachine({PushState.IN_PROGRESS: frozenset({PushState.SETTLED}), PushState.SETTLED: frozenset()})
