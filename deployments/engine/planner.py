"""Minimum healthy hosts: which hosts may start now, and what the deployment comes to.

The rules (user guide, "Instance health"):

- ``available`` hosts are those that succeeded and the healthy ones not yet begun. A healthy
  host may start while ``available`` is above the minimum; a host that is unhealthy or was
  never deployed to may start at any time, for that lowers nothing. Never more than
  ``total - min_healthy`` run at once.
- Every failure lowers what the fleet can still reach, ``total - failed``. When that falls to
  the minimum while hosts are waiting, the deployment fails and they are skipped; a failure
  of the very last host does not matter.
- At the end it succeeded if the minimum, and at least one host, succeeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from deployments.states import Health, TargetStatus

HEALTH_CONSTRAINTS = "HEALTH_CONSTRAINTS"
HEALTH_CONSTRAINTS_INVALID = "HEALTH_CONSTRAINTS_INVALID"
NO_INSTANCES = "NO_INSTANCES"
OVER_MAX_INSTANCES = "OVER_MAX_INSTANCES"
MAX_INSTANCES = 1000

_OPEN = frozenset({TargetStatus.PENDING, TargetStatus.IN_PROGRESS, TargetStatus.READY})
_RUNNING = frozenset({TargetStatus.IN_PROGRESS, TargetStatus.READY})
# Unhealthy hosts first: they have nothing to lose.
_ORDER = {Health.UNHEALTHY: 0, Health.NEW: 1, Health.HEALTHY: 2}


@dataclass(frozen=True)
class Host:
    """One target: ``id`` orders hosts of a class, ``current`` has the revision already."""

    id: int
    status: TargetStatus
    health: Health
    current: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the deployment came to; ``code`` and ``message`` say why it failed."""

    status: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Plan:
    """What to do now: start these, skip those, then end with the verdict if there is one."""

    start: tuple[int, ...] = ()
    skip: tuple[int, ...] = ()
    verdict: Verdict | None = field(default=None)


def refuse(*, total: int, min_healthy: int) -> Verdict | None:
    """Why a deployment to ``total`` hosts cannot begin, or None."""
    if total == 0:
        return Verdict(
            "Failed",
            NO_INSTANCES,
            "The deployment failed because no instances were found for your deployment group. Check that "
            "the group's tags or names match registered instances.",
        )
    if total > MAX_INSTANCES:
        return Verdict(
            "Failed", OVER_MAX_INSTANCES, f"The group has {total} instances; {MAX_INSTANCES} is the limit."
        )
    if min_healthy >= total:
        return Verdict(
            "Failed",
            HEALTH_CONSTRAINTS_INVALID,
            f"The deployment cannot begin: {min_healthy} of {total} hosts must stay healthy, which leaves "
            "none to deploy to. Choose a configuration with a lower minimum.",
        )
    return None


def plan(hosts: Sequence[Host], *, min_healthy: int, stopping: bool = False) -> Plan:
    """The next step of a deployment to ``hosts``; call again whenever a host has changed."""
    pending = [h for h in hosts if h.status is TargetStatus.PENDING]
    running = [h for h in hosts if h.status in _RUNNING]
    failed = sum(h.status in {TargetStatus.FAILED, TargetStatus.UNKNOWN} for h in hosts)
    reachable = len(hosts) - failed
    if pending and (stopping or reachable <= min_healthy):
        skip = tuple(h.id for h in pending)
        return Plan(skip=skip, verdict=None if running else _verdict(hosts, min_healthy, len(skip), stopping))
    if pending:
        return Plan(start=_startable(hosts, pending, len(running), min_healthy))
    if running:
        return Plan()
    return Plan(verdict=_verdict(hosts, min_healthy, 0, stopping))


def _startable(
    hosts: Sequence[Host], pending: Sequence[Host], running: int, min_healthy: int
) -> tuple[int, ...]:
    available = sum(
        h.status is TargetStatus.SUCCEEDED
        or (h.status is TargetStatus.PENDING and h.health is Health.HEALTHY)
        for h in hosts
    )
    room = len(hosts) - min_healthy - running
    chosen: list[int] = []
    for host in sorted(pending, key=lambda h: (_ORDER[h.health], h.current, h.id)):
        if len(chosen) >= room:
            break
        if host.health is Health.HEALTHY:
            if available <= min_healthy:
                break
            available -= 1
        chosen.append(host.id)
    return tuple(chosen)


def _verdict(hosts: Sequence[Host], min_healthy: int, skipped_now: int, stopping: bool) -> Verdict:
    succeeded = sum(h.status is TargetStatus.SUCCEEDED for h in hosts)
    skipped = skipped_now + sum(h.status is TargetStatus.SKIPPED for h in hosts)
    if stopping and succeeded < len(hosts):
        return Verdict("Stopped")
    if not skipped and succeeded >= max(min_healthy, 1):
        return Verdict("Succeeded")
    return Verdict(
        "Failed",
        HEALTH_CONSTRAINTS,
        "The overall deployment failed because too many individual instances failed deployment, too few "
        "healthy instances are available for deployment, or some instances in your deployment group are "
        f"experiencing problems. {succeeded} of {len(hosts)} succeeded; "
        f"{max(min_healthy, 1)} had to, and the minimum must not be reached while hosts wait.",
    )
