"""The front door of alarms."""

from collections.abc import Collection
from datetime import datetime

from devopsweb.kernel.principals import Principal
from monitoring.alarms import access, queries
from monitoring.alarms.actions import alarms
from monitoring.alarms.engine.limits import InvalidAlarm
from monitoring.alarms.event_types import AlarmConfigurationChanged, AlarmStateChanged
from monitoring.alarms.queries import AlarmInfo, AlarmNotFound
from monitoring.alarms.types import AlarmSpec, Comparison, MissingData

__all__ = [
    "AlarmConfigurationChanged",
    "AlarmInfo",
    "AlarmNotFound",
    "AlarmSpec",
    "AlarmStateChanged",
    "Comparison",
    "InvalidAlarm",
    "MissingData",
    "delete_alarm",
    "info",
    "put_alarm",
    "set_alarm_state",
    "states",
    "visible",
]


def put_alarm(spec: AlarmSpec, *, principal: Principal, at: datetime) -> str:
    """Create or overwrite the alarm ``spec.name``; its ARN. Raises ``InvalidAlarm``."""
    return alarms.put(spec, principal=principal, at=at).arn


def delete_alarm(*, name: str, principal: Principal, at: datetime) -> None:
    """Delete an alarm. Raises ``AlarmNotFound``."""
    alarms.delete(queries.alarm(name), principal=principal, at=at)


def set_alarm_state(*, name: str, state: str, reason: str, principal: Principal, at: datetime) -> None:
    """Force a state until the next evaluation. Raises ``AlarmNotFound``, ``InvalidState``."""
    alarms.set_state(queries.alarm(name), state, reason=reason, principal=principal, at=at)


def states(names: Collection[str]) -> dict[str, str]:
    """``{name: OK | ALARM | INSUFFICIENT_DATA}`` of those of ``names`` that exist."""
    return queries.states(names)


def info(names: Collection[str]) -> list[AlarmInfo]:
    """What other pages show of these alarms, by name."""
    return queries.info(names)


def visible(principal: Principal) -> list[AlarmInfo]:
    """All alarms by name, if ``principal`` may list them; else none."""
    return queries.info(None) if access.may_list(principal) else []
