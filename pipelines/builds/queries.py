"""Reads of projects and builds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max, QuerySet

from pipelines.builds.errors import BuildNotFound, ProjectNotFound
from pipelines.builds.models import Build, Project
from pipelines.builds.states import BuildStatus
from pipelines.builds.types import BuildInfo, FailureInfo, PhaseInfo

RECENT = 20


@dataclass(frozen=True)
class Record:
    """How the last builds of a project went; ``usual`` is the median duration of good ones."""

    ended: int
    succeeded: int
    usual: timedelta | None


def project(name: str) -> Project:
    """The project ``name``. Raises ``ProjectNotFound``."""
    found = Project.objects.filter(name=name).first()
    if found is None:
        raise ProjectNotFound(f"There is no build project named {name!r}.")
    return found


def build(build_id: str) -> Build:
    """The build with CodeBuild's id ``<project>:<uuid>``. Raises ``BuildNotFound``."""
    name, _, uuid = build_id.rpartition(":")
    rows = Build.objects.filter(project_name=name)
    found = rows.filter(uuid=uuid).first() if _is_uuid(uuid) else None
    if found is None:
        raise BuildNotFound(f"There is no build {build_id!r}.")
    return found


def builds_of(build_ids: Sequence[str]) -> dict[str, Build]:
    """Those of the builds with CodeBuild's ids that exist, with their phases."""
    uuids = [uuid for one in build_ids if _is_uuid(uuid := one.rpartition(":")[2])]
    rows = Build.objects.filter(uuid__in=uuids).prefetch_related("phases")
    return {row.external_id: row for row in rows if row.external_id in set(build_ids)}


def numbered(project_name: str, number: int) -> Build:
    """Build ``number`` of a project. Raises ``BuildNotFound``."""
    found = Build.objects.filter(project_name=project_name, number=number).first()
    if found is None:
        raise BuildNotFound(f"There is no build #{number} of {project_name!r}.")
    return found


def project_or_none(name: str) -> Project | None:
    """The project, or None once it is deleted."""
    return Project.objects.filter(name=name).first()


def project_names() -> list[str]:
    """Names of all projects and of deleted ones that left builds, in order."""
    names = set(Project.objects.values_list("name", flat=True))
    return sorted(names.union(Build.objects.values_list("project_name", flat=True).distinct()))


def projects(names: Sequence[str]) -> list[tuple[Project, Build | None]]:
    """The projects of these names, each with its newest build."""
    newest = (
        Build.objects.filter(project_name__in=names)
        .values("project_name")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    last = {build.project_name: build for build in Build.objects.filter(pk__in=list(newest))}
    found = Project.objects.filter(name__in=names).order_by("name")
    return [(project, last.get(project.name)) for project in found]


def builds(*, names: Sequence[str], text: str = "", status: str = "") -> QuerySet[Build]:
    """Builds of these projects, to be paged newest first; ``text`` is part of a project's name."""
    rows = Build.objects.filter(project_name__in=names)
    if text:
        rows = rows.filter(project_name__icontains=text)
    return rows.filter(status=status) if status else rows


def load() -> tuple[int, int]:
    """How many builds run and how many wait, here and now."""
    active = Build.objects.filter(status=BuildStatus.IN_PROGRESS)
    waiting = active.filter(lease_until=None).count()
    return active.count() - waiting, waiting


def place_in_queue(row: Build) -> int:
    """1 for the build that comes next."""
    ahead = Build.objects.filter(status=BuildStatus.IN_PROGRESS, lease_until=None, pk__lt=row.pk)
    return ahead.count() + 1


def _last_durations(project_name: str) -> list[timedelta]:
    ended = Build.objects.filter(
        project_name=project_name, status=BuildStatus.SUCCEEDED, started_at__isnull=False
    )
    times = ended.order_by("-pk").values_list("started_at", "ended_at")[:RECENT]
    return sorted(end - start for start, end in times if start and end)


def usual_duration(project_name: str) -> timedelta | None:
    """The median of the last good builds."""
    durations = _last_durations(project_name)
    return durations[len(durations) // 2] if durations else None


def record(project_name: str) -> Record:
    """How the last builds of a project went."""
    ended = Build.objects.filter(project_name=project_name).exclude(status=BuildStatus.IN_PROGRESS)
    statuses = list(ended.order_by("-pk").values_list("status", flat=True)[:RECENT])
    return Record(
        ended=len(statuses),
        succeeded=statuses.count(BuildStatus.SUCCEEDED),
        usual=usual_duration(project_name),
    )


def info(row: Build) -> BuildInfo:
    """The build as other apps see it."""
    return BuildInfo(
        id=row.external_id,
        arn=row.arn,
        project=row.project_name,
        number=row.number,
        status=row.status,
        current_phase=row.current_phase,
        phases=tuple(
            PhaseInfo(p.name, p.status, p.started_at, p.ended_at, p.message) for p in row.phases.all()
        ),
        artifacts=row.artifacts,
        exported_variables=row.exported_variables,
        log_stream_id=row.log_stream_id,
        failure=FailureInfo(**row.failure) if row.failure else None,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        url=row.get_absolute_url(),
    )


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdef-" for c in text)
