"""Reads of deployments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.urls import reverse

from deployments.compute.models import Instance
from deployments.models import (
    Application,
    ApplicationRevision,
    Deployment,
    DeploymentGroup,
    HostState,
    LifecycleEvent,
    Target,
)
from deployments.states import ACTIVE, TargetStatus
from deployments.types import DeploymentInfo, Revision

OVERVIEW = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")


def overview(deployment: Deployment) -> dict[str, int]:
    """How many targets are in each state; unknown ones count as failed, as AWS shows them."""
    counts = dict.fromkeys(OVERVIEW, 0)
    rows = deployment.targets.order_by().values("status").annotate(number=Count("pk"))
    for row in rows:
        status = "Failed" if row["status"] == TargetStatus.UNKNOWN else row["status"]
        counts[status] += row["number"]
    return counts


def info(deployment: Deployment) -> DeploymentInfo:
    """The deployment as other apps see it; its group, application and rollbacks must be loaded."""
    rollback = getattr(deployment, "rollback", None)
    return DeploymentInfo(
        id=deployment.code,
        application=deployment.group.application.name,
        group=deployment.group.name,
        status=deployment.status,
        error_code=deployment.error_code,
        error_message=deployment.error_message,
        revision=Revision(
            deployment.revision_digest,
            deployment.revision_commit,
            deployment.revision_repository,
            deployment.revision_description,
        ),
        creator=deployment.creator,
        created_at=deployment.created_at,
        completed_at=deployment.completed_at,
        url=reverse("deployment", kwargs={"deployment_id": deployment.code}),
        rollback_id=rollback.code if rollback else "",
        rollback_of=deployment.rollback_of.code if deployment.rollback_of else "",
        overview=overview(deployment),
    )


def listed(
    *, application: str = "", group: str = "", status: str = "", text: str = ""
) -> QuerySet[Deployment]:
    """Deployments with their groups, narrowed by what is given; ``text`` is the start of an id or a commit."""
    found = Deployment.objects.select_related("group__application", "rollback_of")
    if application:
        found = found.filter(group__application__name=application)
    if group:
        found = found.filter(group__name=group)
    if status:
        found = found.filter(status=status)
    if text:
        found = found.filter(
            Q(code__istartswith=text)
            | Q(revision_commit__istartswith=text)
            | Q(revision_description__icontains=text)
        )
    return found


@dataclass(frozen=True)
class RevisionInfo:
    """A revision of an application: registered, deployed, or both."""

    digest: str
    description: str
    registered_at: datetime
    first_used_at: datetime | None
    last_used_at: datetime | None
    groups: tuple[str, ...]


def revisions(application: Application) -> list[RevisionInfo]:
    """All revisions of ``application``, by digest."""
    registered = {row.digest: row for row in application.revisions.all()}
    used = {
        row["revision_digest"]: row
        for row in Deployment.objects.filter(group__application=application)
        .order_by()
        .values("revision_digest")
        .annotate(first=Min("created_at"), last=Max("created_at"), told=Max("revision_description"))
    }
    runs: dict[str, list[str]] = defaultdict(list)
    for group in application.groups.select_related("last_successful").order_by("name"):
        if group.last_successful:
            runs[group.last_successful.revision_digest].append(group.name)
    return [
        _revision(digest, registered.get(digest), used.get(digest), tuple(runs[digest]))
        for digest in sorted({*registered, *used})
    ]


def _revision(
    digest: str, row: ApplicationRevision | None, used: Any, groups: tuple[str, ...]
) -> RevisionInfo:
    return RevisionInfo(
        digest=digest,
        description=row.description if row else used["told"],
        registered_at=min(filter(None, [row and row.registered_at, used and used["first"]])),
        first_used_at=used["first"] if used else None,
        last_used_at=used["last"] if used else None,
        groups=groups,
    )


def running() -> int:
    """How many deployments are on their way."""
    return Deployment.objects.filter(status__in=ACTIVE).count()


def events_of(targets: Sequence[Target]) -> dict[int, list[LifecycleEvent]]:
    """The lifecycle events of each target, in their order."""
    found: dict[int, list[LifecycleEvent]] = defaultdict(list)
    for event in LifecycleEvent.objects.filter(target__in=targets).order_by("position"):
        found[event.target_id].append(event)
    return found


@dataclass(frozen=True)
class Place:
    """What one group runs: the last good deployment, and the one that is on its way there."""

    group: DeploymentGroup
    runs: Deployment | None
    comes: Deployment | None


def places(applications: Sequence[Application] | None = None) -> list[Place]:
    """What runs where, by application and group."""
    groups = DeploymentGroup.objects.select_related("application", "last_successful").order_by(
        "application__name", "created_at"
    )
    if applications is not None:
        groups = groups.filter(application__in=applications)
    on_their_way = {
        d.group_id: d for d in Deployment.objects.filter(status__in=ACTIVE).select_related("group")
    }
    return [Place(g, g.last_successful, on_their_way.get(g.pk)) for g in groups]


def of_instance(instance: Instance, *, limit: int = 20) -> list[Target]:
    """The instance's latest part in deployments."""
    found = Target.objects.filter(instance=instance).select_related("deployment__group__application")
    return list(found.order_by("-pk")[:limit])


def states_of(instance: Instance) -> list[HostState]:
    """What each group left on the instance."""
    found = HostState.objects.filter(instance=instance).select_related("deployment__group__application")
    return list(found.order_by("group__application__name", "group__name"))
