"""Creates, changes and deletes alarms."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.kernel import tags as kernel_tags
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from monitoring.alarms import jobs
from monitoring.alarms.actions import transitions
from monitoring.alarms.actions.transitions import CONFIGURATION_UPDATE
from monitoring.alarms.engine import limits, reasons, shapes
from monitoring.alarms.event_types import AlarmConfigurationChanged
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import AlarmSpec

HISTORY_KEPT = timedelta(days=14)


class InvalidState(Invalid):
    """There is no such alarm state."""


def put(spec: AlarmSpec, *, principal: Principal, at: datetime, tags: kernel_tags.Given = ()) -> Alarm:
    """Create the alarm ``spec.name`` with ``tags``, or overwrite its configuration and keep state and tags.

    Raises ``InvalidAlarm``.
    """
    limits.check(spec)
    fields = _fields(spec) | {"configuration_updated_at": at, "due_at": at}
    fresh = fields | {
        "tags": kernel_tags.checked(tags),
        "created_at": at,
        "state_reason": reasons.INITIAL,
        "state_updated_at": at,
        "state_transitioned_at": at,
    }
    with transaction.atomic():
        alarm, created = Alarm.objects.update_or_create(
            name=spec.name, defaults=fields, create_defaults=fresh
        )
        _tell(alarm, "create" if created else "update", principal=principal, at=at)
        jobs.EVALUATE.enqueue(alarm_id=alarm.pk)
    return alarm


def create(spec: AlarmSpec, *, principal: Principal, at: datetime) -> Alarm:
    """``put`` that refuses a name which is taken. Raises ``InvalidAlarm``."""
    taken = limits.InvalidAlarm("name", f"An alarm named {spec.name} exists.")
    if Alarm.objects.filter(name=spec.name).exists():
        raise taken
    try:
        return put(spec, principal=principal, at=at)
    except IntegrityError as error:
        raise taken from error


def _fields(spec: AlarmSpec) -> dict[str, Any]:
    fields = asdict(spec)
    recipients = {
        AlarmState.ALARM: list(fields.pop("alarm_emails")),
        AlarmState.OK: list(fields.pop("ok_emails")),
        AlarmState.INSUFFICIENT_DATA: list(fields.pop("insufficient_data_emails")),
    }
    return fields | {"recipients": {str(state): to for state, to in recipients.items()}}


def delete(alarm: Alarm, *, principal: Principal, at: datetime) -> None:
    """Delete ``alarm``; its history stays for two weeks."""
    with transaction.atomic():
        deleted, _ = Alarm.objects.filter(pk=alarm.pk).delete()
        if deleted:
            _tell(alarm, "delete", principal=principal, at=at)


def enable_actions(alarm: Alarm, enabled: bool, *, principal: Principal, at: datetime) -> None:
    """Let ``alarm`` act on its transitions, or only record them."""
    with transaction.atomic():
        changed = (
            Alarm.objects.filter(pk=alarm.pk)
            .exclude(actions_enabled=enabled)
            .update(actions_enabled=enabled, configuration_updated_at=at)
        )
        if changed:
            alarm.actions_enabled = enabled
            _tell(alarm, "update", principal=principal, at=at)


def set_state(
    alarm: Alarm, state: str, *, reason: str, principal: Principal, at: datetime, data: str = ""
) -> bool:
    """Put ``alarm`` into ``state`` until its next evaluation, actions included; for trying them out."""
    if state not in set(AlarmState):
        raise InvalidState(f"{state!r} is not an alarm state: OK, ALARM or INSUFFICIENT_DATA.")
    cause = transitions.Cause(reason or f"Set by {principal.name}", data)
    return transitions.enter(alarm, AlarmState(state), cause, at=at, principal_arn=principal.arn)


def _tell(alarm: Alarm, operation: str, *, principal: Principal, at: datetime) -> None:
    configuration = shapes.configuration(alarm.spec, full=True)
    AlarmHistory.objects.create(
        alarm_name=alarm.name,
        type=CONFIGURATION_UPDATE,
        summary=f'Alarm "{alarm.name}" {operation}d'[:300],
        data={"operation": operation, "by": principal.name, "configuration": configuration},
        at=at,
    )
    events.publish(
        AlarmConfigurationChanged(
            alarm_name=alarm.name,
            alarm_arn=alarm.arn,
            operation=operation,
            state=alarm.state_value,
            configuration=configuration,
        ),
        at=at,
        principal_arn=principal.arn,
    )
    live.changed("alarms:all", alarm.topic, "home:all")


def expire(*, at: datetime) -> None:
    """Delete history past two weeks."""
    AlarmHistory.objects.filter(at__lt=at - HISTORY_KEPT).delete()
