"""The agent's side of a deployment: what is to do, claimed once, reported once.

A command is one lifecycle event on one instance. Its claim records the agent's generation as
fence; a report or log line under another fence, or upon an event that is over, is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from deployments.actions import advance
from deployments.adapters import journal
from deployments.compute.models import Instance
from deployments.models import Deployment, LifecycleEvent, Target
from deployments.states import EVENT, EventStatus, TargetStatus
from devopsweb.kernel import errors
from devopsweb.live import api as live
from monitoring.logs.api import Line

CODES = (
    "Success",
    "ScriptMissing",
    "ScriptNotExecutable",
    "ScriptTimedOut",
    "ScriptFailed",
    "UnknownError",
)


class CommandRefused(errors.Conflict):
    """The event is over, was claimed by another agent process, or is not this instance's."""


@dataclass(frozen=True)
class Report:
    """An agent's outcome of an event."""

    status: str
    code: str = "Success"
    script: str = ""
    message: str = ""
    log_tail: str = ""


def _events(instance: Instance) -> Any:
    return LifecycleEvent.objects.select_related(
        "target__deployment__group__application", "target__instance"
    ).filter(target__instance=instance, target__status=TargetStatus.IN_PROGRESS)


def waiting(instance: Instance) -> list[dict[str, Any]]:
    """The commands that the instance may claim now."""
    rows = _events(instance).filter(status=EventStatus.PENDING).exclude(available_at=None)
    return [_offer(row) for row in rows]


def running(instance: Instance) -> list[dict[str, Any]]:
    """The commands that were claimed and not reported, with the fence under which a report is heard."""
    rows = _events(instance).filter(status=EventStatus.IN_PROGRESS)
    return [{**_offer(row), "fence": row.fence, "target": row.target_id} for row in rows]


def abandoned(instance: Instance, claimed: Sequence[int]) -> list[int]:
    """Which of the agent's running commands the server no longer waits for."""
    alive = set(
        _events(instance).filter(status=EventStatus.IN_PROGRESS, pk__in=claimed).values_list("pk", flat=True)
    )
    return [pk for pk in claimed if pk not in alive]


def _offer(event: LifecycleEvent) -> dict[str, Any]:
    return {"command": event.pk, "event": event.name, "deployment": event.target.deployment.code}


def _event(instance: Instance, command: int) -> LifecycleEvent:
    found: LifecycleEvent | None = (
        LifecycleEvent.objects.select_related("target__deployment__group__application", "target__instance")
        .filter(pk=command, target__instance=instance)
        .first()
    )
    if found is None:
        raise CommandRefused(f"There is no command {command} for {instance.name}.")
    return found


def claim(*, instance: Instance, command: int, word: str, at: datetime) -> dict[str, Any]:
    """Give the event to this agent process; what it must know to run it. Raises ``CommandRefused``.

    ``word`` is the claim's own: the same request sent again gets the same answer.
    """
    event = _event(instance, command)
    if event.available_at is None:
        raise CommandRefused("The event is not offered yet.")
    with transaction.atomic():
        won = EVENT.move(event, EventStatus.IN_PROGRESS, started_at=at, fence=instance.generation, claim=word)
        if won:
            first = journal.total(event.target.log_stream)
            LifecycleEvent.objects.filter(pk=event.pk).update(first_line=first)
            live.changed(f"deployment:{event.target.deployment.code}")
    event.refresh_from_db()
    if event.status != EventStatus.IN_PROGRESS or event.claim != word or event.fence != instance.generation:
        raise CommandRefused(f"The event is {event.status}.")
    return _specification(event)


def _specification(event: LifecycleEvent) -> dict[str, Any]:
    deployment = event.target.deployment
    group = deployment.group
    return {
        **_offer(event),
        "fence": event.fence,
        "target": event.target_id,
        "application": group.application.name,
        "group": group.name,
        "group_id": group.uuid,
        "creator": deployment.creator,
        "revision": {"digest": deployment.revision_digest, "commit": deployment.revision_commit},
        "file_exists_behavior": deployment.file_exists_behavior,
        "plan": deployment.plan or {},
    }


def report(*, instance: Instance, command: int, fence: int, said: Report, at: datetime) -> bool:
    """Record an outcome and carry the deployment on; False when it was recorded already.

    Raises ``CommandRefused`` for an outcome that nobody waits for any more.
    """
    event = _event(instance, command)
    if event.fence != fence:
        raise CommandRefused("Another agent process has claimed this event.")
    status = EventStatus.SUCCEEDED if said.status == "Succeeded" else EventStatus.FAILED
    code = said.code if said.code in CODES else "UnknownError"
    with transaction.atomic():
        moved = EVENT.move(
            event,
            status,
            ended_at=at,
            error_code=code,
            script_name=said.script[:500],
            message=said.message[:8192],
            log_tail=said.log_tail[-4096:],
        )
        live.changed(f"deployment:{event.target.deployment.code}")
    if not moved and event.status != status:
        raise CommandRefused(f"The event is {event.status} already: {event.message}")
    advance.follow(event.target.deployment_id, event.target_id, at=at)
    return moved


def is_over(instance: Instance, command: int) -> bool:
    """Whether the host's part in the command's deployment has ended: no more of its log is wanted."""
    return not _events(instance).filter(pk=command).exists()


def write(*, instance: Instance, target: int, first: int, lines: Sequence[Line]) -> dict[str, Any]:
    """Store log lines of the instance's deployment; how many the log has now, and whether it takes more."""
    row = Target.objects.filter(pk=target, instance=instance).exclude(log_stream="").first()
    if row is None:
        raise CommandRefused(f"{instance.name} has no log for target {target}.")
    if row.status != TargetStatus.IN_PROGRESS:
        return {"total": journal.total(row.log_stream), "closed": True}
    return {"total": journal.append(stream=row.log_stream, first=first, lines=lines), "closed": False}


def may_download(instance: Instance, digest: str) -> bool:
    """Whether the revision belongs to a deployment that the instance takes part in now."""
    return Deployment.objects.filter(
        revision_digest=digest, targets__instance=instance, targets__status=TargetStatus.IN_PROGRESS
    ).exists()
