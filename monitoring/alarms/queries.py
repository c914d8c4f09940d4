"""Reads alarms."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from devopsweb.kernel.errors import NotFound
from monitoring.alarms.engine.words import condition
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import AlarmSpec


class AlarmNotFound(NotFound):
    """No alarm has this name."""


@dataclass(frozen=True)
class AlarmInfo:
    """An alarm as other pages show it."""

    name: str
    arn: str
    state: str
    since: datetime
    url: str
    spec: AlarmSpec
    condition: str


def alarm(name: str) -> Alarm:
    """The alarm ``name``. Raises ``AlarmNotFound``."""
    row = Alarm.objects.filter(name=name).first()
    if row is None:
        raise AlarmNotFound(f"There is no alarm named {name!r}.")
    return row


def states(names: Collection[str]) -> dict[str, str]:
    """The states of those of ``names`` that exist."""
    return dict(Alarm.objects.filter(name__in=names).values_list("name", "state_value"))


def info(names: Collection[str] | None) -> list[AlarmInfo]:
    """The alarms of ``names`` that exist (None: all), by name."""
    rows = Alarm.objects.order_by("name")
    if names is not None:
        rows = rows.filter(name__in=names)
    return [
        AlarmInfo(
            r.name,
            r.arn,
            r.state_value,
            r.state_transitioned_at,
            r.get_absolute_url(),
            r.spec,
            condition(r.spec),
        )
        for r in rows
    ]


def by_urgency() -> "QuerySet[Alarm]":
    """All alarms: in alarm first, then without data, then OK; by name within."""
    order = Case(
        When(state_value=AlarmState.ALARM, then=Value(0)),
        When(state_value=AlarmState.INSUFFICIENT_DATA, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return Alarm.objects.alias(urgency=order).order_by("urgency", "name")


def counts() -> dict[str, int]:
    """How many alarms are in each state."""
    found: dict[str, int] = {str(state): 0 for state in AlarmState}
    rows: Any = Alarm.objects.order_by().values_list("state_value").annotate(Count("pk"))
    return found | dict(rows)


def history(name: str, *, kind: str) -> "QuerySet[AlarmHistory]":
    """What happened to the alarm ``name``, of one type."""
    return AlarmHistory.objects.filter(alarm_name=name, type=kind)


def state_changes(name: str, *, start: datetime, end: datetime) -> list[AlarmHistory]:
    """The state changes within [start, end), oldest first."""
    rows = AlarmHistory.objects.filter(alarm_name=name, type="StateUpdate", at__gte=start, at__lt=end)
    return list(rows.order_by("at", "pk")[:500])


def first_change_after(name: str, moment: datetime) -> AlarmHistory | None:
    """The first state change at or after ``moment``."""
    rows = AlarmHistory.objects.filter(alarm_name=name, type="StateUpdate", at__gte=moment)
    return rows.order_by("at", "pk").first()
