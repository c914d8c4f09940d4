"""Starts, stops and retries builds, and decides which waiting build gets a place."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from devopsweb.events import api as events
from devopsweb.iam.api import require
from devopsweb.kernel import ids
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from monitoring.logs import api as logs
from pipelines.builds import information, jobs
from pipelines.builds.actions import projects, roles
from pipelines.builds.errors import BuildNotComplete, ProjectNotFound, TokenReused, TooManyBuilds
from pipelines.builds.event_types import BuildStateChanged
from pipelines.builds.models import Build, BuildPhase, Project
from pipelines.builds.states import BUILD, BuildStatus, Phase, PhaseStatus
from pipelines.builds.types import Source, Stored, Token

log = structlog.get_logger(__name__)

OFFER_AGAIN = timedelta(seconds=30)
TOKEN_LASTS = timedelta(minutes=5)


def start(
    *,
    project: str,
    principal: Principal,
    initiator: str,
    at: datetime,
    source: Source | None = None,
    env_overrides: Mapping[str, str | Stored] | None = None,
    buildspec_override: str | None = None,
    changes: Mapping[str, Any] | None = None,
    token: Token | None = None,
) -> Build:
    """A new build of ``project``, or the one that was started with the same ``token`` a moment ago.

    ``env_overrides`` merge by name over the project's environment; ``changes`` replace further settings of
    the snapshot. Raises ``ProjectNotFound``, ``AccessDenied``, ``TooManyBuilds``, ``TokenReused``.
    """
    row = Project.objects.filter(name=project).first()
    if row is None:
        raise ProjectNotFound(f"There is no build project named {project!r}.")
    require(principal, "codebuild:StartBuild", row.arn)
    source = source or Source(
        kind="git" if row.repository else "none", repository=row.repository, version=row.source_version
    )
    if source.kind == "git" and source.repository != row.repository:
        projects.may_read(source.repository, principal)
    if changes and changes.get("service_role", row.service_role) != row.service_role:
        roles.may_pass(principal, row, changes["service_role"])
    snapshot = _snapshot(row, env_overrides or {}, buildspec_override) | dict(changes or {})
    return _insert(
        row, source=source, snapshot=snapshot, principal=principal, initiator=initiator, at=at, token=token
    )


def retry(build: Build, *, principal: Principal, at: datetime, token: Token | None = None) -> Build:
    """A new build with the settings, overrides and source of ``build``."""
    project = Project.objects.filter(name=build.project_name).first()
    if project is None:
        raise ProjectNotFound(
            f"The build project {build.project_name!r} is gone, so its builds cannot be retried."
        )
    require(principal, "codebuild:RetryBuild", project.arn)
    source = Source(**build.source)
    if source.kind == "git":
        # The same commit again, not whatever the branch holds by now.
        source = replace(source, version=build.resolved_version or source.version)
    return _insert(
        project,
        source=source,
        snapshot=build.settings,
        principal=principal,
        initiator=principal.name,
        at=at,
        token=token,
    )


def delete(build: Build, *, principal: Principal) -> None:
    """Delete ``build`` from the history; its log keeps its own retention. Raises ``BuildNotComplete``."""
    require(principal, "codebuild:BatchDeleteBuilds", build.project_arn)
    with transaction.atomic():
        ended = Build.objects.filter(pk=build.pk).exclude(status=BuildStatus.IN_PROGRESS)
        if not ended.exists():
            raise BuildNotComplete(f"The build {build} still runs.")
        ended.delete()
    live.changed(build.topic, "builds:all")


def stop(build: Build, *, principal: Principal, at: datetime, reason: str = "") -> None:
    """Stop ``build``; nothing happens if it has ended already."""
    require(principal, "codebuild:StopBuild", build.project_arn)
    words = reason or f"Stopped by {principal.name}."
    asked = Build.objects.filter(pk=build.pk, status=BuildStatus.IN_PROGRESS, stop_requested_at=None).update(
        stop_requested_at=at, stop_reason=words[:500]
    )
    if not asked:
        return
    build.refresh_from_db()
    if build.lease_until is None:
        end_without_worker(build, status=BuildStatus.STOPPED, message=words, at=at)
    live.changed(build.topic)


def _given(value: str | Stored) -> dict[str, str]:
    return {"value": value.reference, "type": value.kind} if isinstance(value, Stored) else {"value": value}


def _snapshot(
    project: Project, overrides: Mapping[str, str | Stored], buildspec: str | None
) -> dict[str, Any]:
    environment = {row["name"]: row for row in project.environment}
    for name, value in overrides.items():
        environment[name] = {"name": name, **_given(value), "secret": False}
    return {
        "buildspec": project.buildspec if buildspec is None else buildspec,
        "environment": list(environment.values()),
        "image": project.image,
        "service_role": project.service_role,
        "network": project.network,
        "timeout_minutes": project.timeout_minutes,
        "queued_timeout_minutes": project.queued_timeout_minutes,
        "wire": project.wire,
        "source_type": project.source_type,
        "memory_mib": project.memory_mib,
    }


@transaction.atomic
def _insert(
    project: Project,
    *,
    source: Source,
    snapshot: Mapping[str, Any],
    principal: Principal,
    initiator: str,
    at: datetime,
    token: Token | None = None,
) -> Build:
    # The lock on the row: from here on this caller alone starts builds of the project.
    Project.objects.filter(pk=project.pk).update(next_number=F("next_number"))
    if token and (earlier := _started_with(token, project, at=at)):
        return earlier
    _check_limit(project)
    number = _take_number(project)
    uuid = ids.new_uuid()
    build = Build.objects.create(
        uuid=uuid,
        project_name=project.name,
        number=number,
        initiator=initiator,
        principal_arn=principal.arn,
        source=asdict(source),
        settings=dict(snapshot),
        log_stream_id=logs.create_stream(group=project.log_group, name=uuid, at=at),
        current_phase=Phase.QUEUED,
        token=token.value if token else "",
        token_digest=token.digest if token else "",
        due_at=at + timedelta(minutes=snapshot.get("queued_timeout_minutes", project.queued_timeout_minutes)),
        created_at=at,
    )
    done = {"status": PhaseStatus.SUCCEEDED, "ended_at": at}
    BuildPhase.objects.create(build=build, name=Phase.SUBMITTED, started_at=at, **done)
    BuildPhase.objects.create(build=build, name=Phase.QUEUED, started_at=at)
    announce(build, at=at, principal_arn=principal.arn)
    offer_waiting(at=at)
    return build


def _take_number(project: Project) -> int:
    Project.objects.filter(pk=project.pk).update(next_number=F("next_number") + 1)
    return Project.objects.values_list("next_number", flat=True).get(pk=project.pk) - 1


def _started_with(token: Token, project: Project, *, at: datetime) -> Build | None:
    earlier = Build.objects.filter(
        project_name=project.name, token=token.value, created_at__gt=at - TOKEN_LASTS
    ).first()
    if earlier and earlier.token_digest != token.digest:
        raise TokenReused("The idempotency token was used a moment ago with other parameters.")
    return earlier


def _check_limit(project: Project) -> None:
    limit = project.concurrent_builds
    running = Build.objects.filter(project_name=project.name, status=BuildStatus.IN_PROGRESS)
    if limit is not None and running.count() >= limit:
        raise TooManyBuilds(f"Cannot have more than {limit} builds of {project.name} in queue or active.")


def announce(build: Build, *, at: datetime, principal_arn: str = "") -> None:
    """Tell the bus and the pages that ``build`` changed its state."""
    events.publish(
        BuildStateChanged(
            build_id=build.external_id,
            build_arn=build.arn,
            project_arn=build.project_arn,
            project=build.project_name,
            number=build.number,
            status=str(build.status),
            current_phase=str(build.current_phase),
            initiator=build.initiator,
            information=information.of(build),
        ),
        at=at,
        principal_arn=principal_arn,
    )
    live.changed(build.topic, "builds:all", "home:all")


def offer_waiting(*, at: datetime) -> None:
    """Offer free places to the builds that wait longest; a lost offer is repeated."""
    running = Build.objects.filter(status=BuildStatus.IN_PROGRESS, lease_until__isnull=False).count()
    waiting = Build.objects.filter(status=BuildStatus.IN_PROGRESS, lease_until=None).order_by("pk")
    for build in waiting[: max(0, settings.DEVOPSWEB_BUILD_CONCURRENCY - running)]:
        if build.offered_at is None or build.offered_at < at - OFFER_AGAIN:
            Build.objects.filter(pk=build.pk).update(offered_at=at)
            jobs.RUN.enqueue(build_id=build.pk)


def end_without_worker(build: Build, *, status: BuildStatus, message: str, at: datetime) -> None:
    """End a build that no worker owns (any more): its open phase, its log, its event."""
    with transaction.atomic():
        phase = build.phases.filter(ended_at=None).first()
        failure = {
            "phase": str(phase.name if phase else build.current_phase),
            "message": message,
            "code": str(status),
        }
        moved = BUILD.move(
            build,
            status,
            current_phase=Phase.COMPLETED,
            ended_at=at,
            lease_until=None,
            fence=F("fence") + 1,
            failure=None if status is BuildStatus.STOPPED else failure,
        )
        if not moved:
            return
        build.phases.filter(ended_at=None).update(
            status=PhaseStatus(status.value), ended_at=at, message=message
        )
        announce(build, at=at)
    _last_words(build, message, at=at)
    offer_waiting(at=at)


def _last_words(build: Build, message: str, *, at: datetime) -> None:
    """Say in the log what happened, and close it."""
    line = logs.Line(at_ms=int(at.timestamp() * 1000), text=message, mark="error")
    try:
        logs.append(stream_id=build.log_stream_id, first=logs.info(build.log_stream_id).total, lines=[line])
        logs.close(stream_id=build.log_stream_id)
    except (logs.StreamEnded, logs.LineGap, logs.StreamNotFound, logs.StoreUnwritable) as error:
        log.warning("the end of a build was not logged", build=build.external_id, error=str(error))
