"""Carries a deployment on: snapshot, plan, guarded moves. May run twice, late, or never."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from deployments import errors, service_role
from deployments.actions import applications, finish, targets
from deployments.actions.deployments import announce
from deployments.adapters import revisions
from deployments.adapters.revisions import InvalidRevision
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from deployments.engine import appspec, matching, planner
from deployments.engine.appspec import AppSpecError
from deployments.engine.planner import Host, Plan, Verdict
from deployments.models import Deployment, DeploymentGroup, HostState, LifecycleEvent, Target
from deployments.states import ACTIVE, DEPLOYMENT, LIFECYCLE, DeploymentStatus, Health, TargetStatus
from devopsweb.blobs.api import BlobNotFound
from devopsweb.iam import api as iam

log = structlog.get_logger(__name__)

# An in-place deployment may take this long in all (user guide, "Limits").
LONGEST = timedelta(hours=8)
# One step follows another at once (a host skipped, the deployment over), but never endlessly.
MAX_STEPS = 10


def load(deployment_id: int) -> Deployment | None:
    """The deployment if it is still on its way."""
    return (
        Deployment.objects.select_related("group__application", "rollback_of")
        .filter(pk=deployment_id, status__in=ACTIVE)
        .first()
    )


def advance(deployment_id: int, *, at: datetime) -> None:
    """Do everything that can be done for the deployment now."""
    deployment = load(deployment_id)
    if deployment is None:
        return
    if deployment.status in {DeploymentStatus.CREATED, DeploymentStatus.QUEUED}:
        begin(deployment, at=at)
    for _ in range(MAX_STEPS):
        if deployment.status != DeploymentStatus.IN_PROGRESS or not step(deployment, at=at):
            return


def follow(deployment_id: int, target_id: int, *, at: datetime) -> None:
    """Carry on after one host's event: the other hosts are looked at only when this one is done."""
    deployment = load(deployment_id)
    if deployment is None:
        return
    with transaction.atomic():
        ended = targets.settle(deployment, at=at, only=target_id)
    if ended or deployment.stop_requested_at:
        advance(deployment_id, at=at)


def advance_all(*, at: datetime) -> None:
    """Advance every deployment that is on its way: the safety net under lost jobs."""
    for pk in Deployment.objects.filter(status__in=ACTIVE).values_list("pk", flat=True):
        advance(pk, at=at)


def hosts(group: DeploymentGroup) -> list[Instance]:
    """The registered instances that the group names or whose tags it wants, by name."""
    rows = Instance.objects.exclude(status=InstanceStatus.DEREGISTERED).order_by("name")
    names = set(group.instance_names)
    return [r for r in rows if r.name in names or matching.matches(r.tags, group.tag_filters)]


def begin(deployment: Deployment, *, at: datetime) -> None:
    """Freeze the plan, the list of hosts and the minimum, or refuse with the reason."""
    if deployment.stop_requested_at:
        finish.finish(deployment, Verdict("Stopped"), at=at)
        return
    if refusal := _refusal(deployment, at):
        finish.finish(deployment, refusal, at=at)
        return
    try:
        spec = _appspec(deployment)
        config = applications.config(deployment.config_name)
    except (InvalidRevision, AppSpecError) as error:
        finish.finish(deployment, Verdict("Failed", "INVALID_REVISION", str(error)), at=at)
        return
    except BlobNotFound:
        message = "The revision's archive is no longer stored here."
        finish.finish(deployment, Verdict("Failed", "REVISION_MISSING", message), at=at)
        return
    except errors.DeploymentConfigDoesNotExist as error:
        finish.finish(deployment, Verdict("Failed", "INTERNAL_ERROR", str(error)), at=at)
        return
    found = hosts(deployment.group)
    minimum = config.min_healthy(len(found))
    refusal = planner.refuse(total=len(found), min_healthy=minimum)
    with transaction.atomic():
        values = {"plan": spec.plan, "warnings": spec.warnings, "min_healthy": minimum, "total": len(found)}
        if refusal:
            finish.finish(deployment, refusal, at=at, **values)
        elif DEPLOYMENT.move(deployment, DeploymentStatus.IN_PROGRESS, started_at=at, **values):
            _enlist(deployment, found)
            announce(deployment, at=at)
            log.info("deployment began", deployment=deployment.code, hosts=len(found))


def _refusal(deployment: Deployment, at: datetime) -> Verdict | None:
    """Why the group's role does not carry this deployment."""
    try:
        principal = service_role.session(deployment, at=at)
    except iam.AccessDenied as error:
        return Verdict("Failed", "IAM_ROLE_MISSING", str(error))
    try:
        service_role.require_powers(principal, deployment.group)
    except iam.AccessDenied as error:
        return Verdict("Failed", "IAM_ROLE_PERMISSIONS", str(error))
    return None


def _appspec(deployment: Deployment) -> appspec.AppSpec:
    file = revisions.appspec(deployment.revision_digest)
    spec = appspec.parse(file.text, name=file.name)
    spec.plan["strip"] = file.strip
    for event, scripts in spec.plan["hooks"].items():
        for script in scripts:
            if file.strip + script["location"] not in file.names:
                spec.warnings.append(
                    f"{file.name}: {event} names {script['location']}, which the revision does not hold."
                )
    return spec


def _enlist(deployment: Deployment, found: list[Instance]) -> None:
    health = dict(HostState.objects.filter(group=deployment.group).values_list("instance_id", "health"))
    rows = Target.objects.bulk_create(
        Target(
            deployment=deployment,
            instance=instance,
            position=position,
            health=health.get(instance.pk, Health.NEW),
        )
        for position, instance in enumerate(found)
    )
    LifecycleEvent.objects.bulk_create(
        LifecycleEvent(target=target, name=name, position=position)
        for target in rows
        for position, name in enumerate(LIFECYCLE)
    )


def step(deployment: Deployment, *, at: datetime) -> bool:
    """Settle running hosts, then start, skip or end what the plan says; whether anything moved."""
    with transaction.atomic():
        # Holds the row: two workers that each saw one of two failures would start a host too many.
        Deployment.objects.filter(pk=deployment.pk).update(total=F("total"))
        deployment.refresh_from_db(
            fields=["status", "stop_requested_at", "rollback_on_stop", "stopped_by_arn"]
        )
        if deployment.status != DeploymentStatus.IN_PROGRESS:
            return False
        moved = targets.settle(deployment, at=at)
        rows = list(deployment.targets.select_related("instance").order_by("position"))
        plan = planner.plan(
            _snapshot(deployment, rows),
            min_healthy=deployment.min_healthy,
            stopping=_is_ending(deployment, at),
        )
        return _apply(deployment, plan, {row.pk: row for row in rows}, at=at) or moved


def _is_ending(deployment: Deployment, at: datetime) -> bool:
    late = deployment.started_at is not None and at - deployment.started_at > LONGEST
    return late or deployment.stop_requested_at is not None


def _apply(deployment: Deployment, plan: Plan, rows: dict[int, Target], *, at: datetime) -> bool:
    moved = False
    for pk in plan.start:
        moved |= targets.start(deployment, rows[pk], at=at)
    for pk in plan.skip:
        moved |= targets.skip(deployment, rows[pk], at=at)
    if plan.verdict:
        moved |= finish.finish(deployment, _verdict(deployment, plan.verdict), at=at)
    return moved


def _verdict(deployment: Deployment, verdict: Verdict) -> Verdict:
    """A deployment that nobody stopped was ended by its own length."""
    if verdict.status != DeploymentStatus.STOPPED or deployment.stop_requested_at:
        return verdict
    return Verdict(
        "Failed", "TIMEOUT", "The deployment did not end within 8 hours; waiting hosts were skipped."
    )


def _snapshot(deployment: Deployment, rows: list[Target]) -> list[Host]:
    pending = [row.instance_id for row in rows if row.status == TargetStatus.PENDING]
    current = (
        set(
            HostState.objects.filter(
                group=deployment.group,
                instance__in=pending,
                deployment__revision_digest=deployment.revision_digest,
            ).values_list("instance_id", flat=True)
        )
        if pending
        else set()
    )
    return [
        Host(
            id=row.pk,
            status=TargetStatus(row.status),
            health=Health(row.health),
            current=row.instance_id in current,
        )
        for row in rows
    ]
