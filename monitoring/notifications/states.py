"""States of a notification."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class NotificationState(StrEnum):
    """Where a message is."""

    QUEUED = "Queued"
    SENDING = "Sending"
    SENT = "Sent"
    FAILED = "Failed"


_S = NotificationState
NOTIFICATION = StateMachine(
    {
        _S.QUEUED: frozenset({_S.SENDING}),
        _S.SENDING: frozenset({_S.QUEUED, _S.SENT, _S.FAILED}),
        _S.SENT: frozenset(),
        _S.FAILED: frozenset({_S.QUEUED}),
    }
)
