"""States of an alarm, in CloudWatch's words."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class AlarmState(StrEnum):
    """What the last evaluation found."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


ALARM = StateMachine(
    {state: frozenset(AlarmState) - {state} for state in AlarmState},
    field="state_value",
)
