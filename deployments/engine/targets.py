"""One host: what its lifecycle events come to, and when the server stops waiting for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deployments.compute.states import InstanceStatus
from deployments.engine.appspec import DEFAULT_TIMEOUT
from deployments.states import EventStatus

# These three may fail when the deployment ignores ApplicationStop failures (CreateDeployment).
TOLERATED = frozenset({"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"})

PICKUP = timedelta(minutes=5)
# CodeDeploy waits five minutes for silent hosts too; we know that they are silent.
OFFLINE_PICKUP = timedelta(seconds=60)
RESTART_REPORT = timedelta(seconds=15)
SLACK = timedelta(seconds=120)
LONGEST = timedelta(seconds=4200)

NOT_PICKED_UP = (
    "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your "
    "host and make sure the agent is running and can connect to the CodeDeploy server."
)


@dataclass(frozen=True)
class Step:
    """A lifecycle event as the fold sees it."""

    id: int
    name: str
    status: EventStatus
    message: str = ""
    available_at: datetime | None = None
    started_at: datetime | None = None
    fence: int = 0


@dataclass(frozen=True)
class Agent:
    """The instance's agent at this moment."""

    name: str
    status: InstanceStatus
    generation: int
    started_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """What comes next: a step to offer, or the end (``Succeeded``, ``Failed``, ``Skipped``) with its reason."""

    offer: int | None = None
    end: str = ""
    message: str = ""


def fold(steps: Sequence[Step], *, tolerant: bool, stopping: bool = False) -> Outlook:
    """What the host's steps, in their order, come to."""
    last = ""
    for step in steps:
        if step.status in {EventStatus.SUCCEEDED, EventStatus.SKIPPED}:
            last = step.name
        elif step.status in {EventStatus.FAILED, EventStatus.UNKNOWN}:
            if not (tolerant and step.name in TOLERATED):
                return Outlook(end="Failed", message=f"{step.name} failed: {step.message}")
            last = step.name
        elif step.status is EventStatus.IN_PROGRESS:
            return Outlook()
        elif stopping:
            where = f"after {last}; what was done stays" if last else "before it began"
            return Outlook(end="Skipped", message=f"Stopped {where}.")
        else:
            return Outlook(offer=step.id)
    return Outlook(end="Succeeded")


def run_limit(name: str, plan: Mapping[str, Any] | None) -> timedelta:
    """How long the event may run before the server gives up on a report."""
    scripts = (plan or {}).get("hooks", {}).get(name, [])
    if not scripts or name in TOLERATED:
        return timedelta(seconds=DEFAULT_TIMEOUT) + SLACK
    return min(timedelta(seconds=sum(s["timeout"] for s in scripts)) + SLACK, LONGEST)


def overdue(step: Step, agent: Agent, *, limit: timedelta, at: datetime) -> str:
    """Why the server stops waiting for ``step``, in a sentence; empty while it waits."""
    if step.status is EventStatus.PENDING and step.available_at is not None:
        return _not_picked_up(agent, at - step.available_at)
    if step.status is not EventStatus.IN_PROGRESS or step.started_at is None:
        return ""
    if agent.status is not InstanceStatus.ONLINE:
        return f"{_silence(agent)} The event was running; its outcome is unknown, the host may be half-installed."
    if agent.generation > step.fence and agent.started_at and at - agent.started_at > RESTART_REPORT:
        return "The agent restarted while the event was running and did not report its outcome."
    if at - step.started_at > limit:
        return f"The agent did not report an outcome within {int(limit.total_seconds())} s."
    return ""


def _not_picked_up(agent: Agent, waited: timedelta) -> str:
    if agent.status is InstanceStatus.DEREGISTERED:
        return f"{agent.name} was deregistered."
    if agent.status is InstanceStatus.ONLINE:
        return NOT_PICKED_UP if waited > PICKUP else ""
    if waited <= OFFLINE_PICKUP:
        return ""
    return f"{_silence(agent)} The event was not begun."


def _silence(agent: Agent) -> str:
    if agent.status is InstanceStatus.DEREGISTERED:
        return f"{agent.name} was deregistered."
    if agent.last_seen_at is None:
        return f"The agent of {agent.name} has never called."
    return f"The agent of {agent.name} has not been heard from since {agent.last_seen_at:%H:%M:%S} UTC."
