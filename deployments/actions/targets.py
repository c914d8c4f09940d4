"""Moves one instance of a deployment through its lifecycle events."""

from collections import defaultdict
from datetime import datetime

from deployments.adapters import journal, wake
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from deployments.engine import targets as engine
from deployments.engine.targets import Agent, Step
from deployments.event_types import InstanceStateChanged
from deployments.models import Deployment, HostState, LifecycleEvent, Target
from deployments.states import EVENT, TARGET, EventStatus, Health, TargetStatus
from devopsweb.events import api as events
from devopsweb.live import api as live


def announce(deployment: Deployment, target: Target, *, at: datetime) -> None:
    """Publish the target's present state as an event and to the browsers."""
    group = deployment.group
    events.publish(
        InstanceStateChanged(
            deployment_id=deployment.code,
            application=group.application.name,
            group=group.name,
            group_id=group.uuid,
            state=target.status,
            instance=target.instance.name,
        ),
        at=at,
    )
    live.changed(f"deployment:{deployment.code}", f"instance:{target.instance.name}", "home:all")


def start(deployment: Deployment, target: Target, *, at: datetime) -> bool:
    """Begin with the host: open its log and offer its first event."""
    if not TARGET.move(target, TargetStatus.IN_PROGRESS, started_at=at):
        return False
    stream = journal.open_stream(
        application=deployment.group.application.name,
        deployment=deployment.code,
        instance=target.instance.name,
        at=at,
    )
    Target.objects.filter(pk=target.pk).update(log_stream=stream)
    first = target.events.order_by("position").first()
    if first is not None:
        offer(first.pk, target.instance, at=at)
    announce(deployment, target, at=at)
    return True


def offer(event_id: int, instance: Instance, *, at: datetime) -> None:
    """Let the agent take the event; asking twice changes nothing."""
    offered = LifecycleEvent.objects.filter(pk=event_id, available_at=None).update(available_at=at)
    if offered:
        wake.agent(instance.pk)


def skip(deployment: Deployment, target: Target, *, at: datetime) -> bool:
    """Leave out a host that has not begun."""
    why = "Stopped before it began." if deployment.stop_requested_at else "Too many other hosts failed."
    if not TARGET.move(target, TargetStatus.SKIPPED, message=why, completed_at=at):
        return False
    _skip_rest(target)
    announce(deployment, target, at=at)
    return True


def _skip_rest(target: Target) -> None:
    target.events.filter(status=EventStatus.PENDING).update(status=EventStatus.SKIPPED)


def settle(deployment: Deployment, *, at: datetime, only: int | None = None) -> bool:
    """Fold the events of every running host: offer the next one or end the host; whether any ended.

    ``only`` names the one target that is known to have changed.
    """
    running = deployment.targets.filter(status=TargetStatus.IN_PROGRESS).select_related("instance")
    rows = list(running.filter(pk=only) if only else running)
    steps: dict[int, list[LifecycleEvent]] = defaultdict(list)
    for event in LifecycleEvent.objects.filter(target__in=rows).order_by("position"):
        steps[event.target_id].append(event)
    moved = False
    for target in rows:
        moved |= _give_up(deployment, target, steps[target.pk], at=at)
        moved |= _fold(deployment, target, steps[target.pk], at=at)
    return moved


def _agent(instance: Instance) -> Agent:
    return Agent(
        name=instance.name,
        status=InstanceStatus(instance.status),
        generation=instance.generation,
        started_at=instance.started_at,
        last_seen_at=instance.last_seen_at,
    )


def _step(event: LifecycleEvent) -> Step:
    return Step(
        id=event.pk,
        name=event.name,
        status=EventStatus(event.status),
        message=event.message,
        available_at=event.available_at,
        started_at=event.started_at,
        fence=event.fence,
    )


def _give_up(deployment: Deployment, target: Target, rows: list[LifecycleEvent], *, at: datetime) -> bool:
    for row in rows:
        limit = engine.run_limit(row.name, deployment.plan)
        why = engine.overdue(_step(row), _agent(target.instance), limit=limit, at=at)
        if why and EVENT.move(row, EventStatus.FAILED, error_code="UnknownError", message=why, ended_at=at):
            journal.remark(stream=target.log_stream, event=row.name, message=why, at=at)
            return True
    return False


def _fold(deployment: Deployment, target: Target, rows: list[LifecycleEvent], *, at: datetime) -> bool:
    outlook = engine.fold(
        [_step(row) for row in rows],
        tolerant=deployment.ignore_application_stop_failures,
        stopping=deployment.stop_requested_at is not None,
    )
    if outlook.offer is not None:
        offer(outlook.offer, target.instance, at=at)
        return False
    if not outlook.end:
        return False
    status = TargetStatus(outlook.end)
    if not TARGET.move(target, status, message=outlook.message, completed_at=at):
        return False
    _skip_rest(target)
    _remember(deployment, target, at=at)
    journal.close(target.log_stream)
    announce(deployment, target, at=at)
    return True


def _remember(deployment: Deployment, target: Target, *, at: datetime) -> None:
    """Only hosts that had begun come here: what they hold is known, or known to be doubtful."""
    health = Health.HEALTHY if target.status == TargetStatus.SUCCEEDED else Health.UNHEALTHY
    HostState.objects.update_or_create(
        group=deployment.group,
        instance=target.instance,
        defaults={"deployment": deployment, "health": health, "at": at},
    )
