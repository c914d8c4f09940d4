"""Moves an alarm to a state: history, event, mails and live topics in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from devopsweb.events import api as events
from devopsweb.live import api as live
from monitoring.alarms.engine import reasons, shapes
from monitoring.alarms.event_types import AlarmStateChanged
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.alarms.states import ALARM, AlarmState
from monitoring.notifications import api as notifications

STATE_UPDATE, CONFIGURATION_UPDATE, ACTION = "StateUpdate", "ConfigurationUpdate", "Action"


@dataclass(frozen=True)
class Cause:
    """Why: a sentence, and CloudWatch's reason data (JSON text, may be empty)."""

    reason: str
    data: str = ""


def enter(alarm: Alarm, state: AlarmState, cause: Cause, *, at: datetime, principal_arn: str = "") -> bool:
    """Move ``alarm`` to ``state`` and do what that entails; False if it was there already."""
    old = AlarmState(alarm.state_value)
    before = _told(alarm, old)
    with transaction.atomic():
        moved = old != state and ALARM.move(
            alarm,
            state,
            state_reason=cause.reason,
            state_reason_data=cause.data,
            state_updated_at=at,
            state_transitioned_at=at,
        )
        if not moved:
            return False
        now = _told(alarm, state)
        AlarmHistory.objects.create(
            alarm_name=alarm.name,
            type=STATE_UPDATE,
            summary=f"Alarm updated from {old} to {state}",
            data={"version": "1.0", "oldState": _history(before), "newState": _history(now)},
            at=at,
        )
        events.publish(
            AlarmStateChanged(
                alarm_name=alarm.name,
                alarm_arn=alarm.arn,
                state=state,
                previous_state=old,
                now=now,
                before=before,
                configuration=shapes.configuration(alarm.spec, full=False),
            ),
            at=at,
            principal_arn=principal_arn,
        )
        _act(alarm, state, old, at=at)
        live.changed("alarms:all", alarm.topic, "home:all")
    return True


def _told(alarm: Alarm, state: AlarmState) -> dict[str, str]:
    told = {
        "value": str(state),
        "reason": alarm.state_reason,
        "timestamp": reasons.stamp(alarm.state_transitioned_at),
    }
    return told | ({"reasonData": alarm.state_reason_data} if alarm.state_reason_data else {})


def _history(told: dict[str, str]) -> dict[str, str]:
    names = {"value": "stateValue", "reason": "stateReason", "reasonData": "stateReasonData"}
    return {names[key]: value for key, value in told.items() if key in names}


def _act(alarm: Alarm, state: AlarmState, old: AlarmState, *, at: datetime) -> None:
    addresses = alarm.recipients.get(state, [])
    if not addresses or not alarm.actions_enabled:
        return
    notifications.email(
        to=addresses,
        subject=f'{state}: "{alarm.name}" in {settings.DEVOPSWEB_REGION}',
        text=_mail(alarm, state, old, at=at),
        at=at,
    )
    AlarmHistory.objects.bulk_create(
        AlarmHistory(
            alarm_name=alarm.name,
            type=ACTION,
            summary=f"Queued a mail to {address}"[:300],
            data={"state": state, "recipient": address},
            at=at,
        )
        for address in addresses
    )


def _mail(alarm: Alarm, state: AlarmState, old: AlarmState, *, at: datetime) -> str:
    dimensions = ", ".join(f"{name}={value}" for name, value in alarm.dimensions.items()) or "none"
    lines = [
        f"The alarm {alarm.name} went from {old} to {state}.",
        "",
        alarm.state_reason,
        "",
        f"Description: {alarm.description}" if alarm.description else "",
        f"Metric: {alarm.namespace} {alarm.metric_name} ({dimensions})",
        f"Condition: {alarm.statistic} {alarm.comparison_operator} {alarm.threshold:g}, "
        f"{alarm.needed} of {alarm.evaluation_periods} periods of {alarm.period} s",
        f"Time: {at:%Y-%m-%d %H:%M:%S} UTC",
        f"ARN: {alarm.arn}",
        f"{settings.DEVOPSWEB_BASE_URL}{alarm.get_absolute_url()}",
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or number in (1, 3)) + "\n"
