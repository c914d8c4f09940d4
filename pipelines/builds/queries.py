"""Reads of projects and builds."""

from django.db.models import QuerySet

from pipelines.builds.errors import BuildNotFound, ProjectNotFound
from pipelines.builds.models import Build, Project
from pipelines.builds.types import BuildInfo, FailureInfo, PhaseInfo


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


def numbered(project_name: str, number: int) -> Build:
    """Build ``number`` of a project. Raises ``BuildNotFound``."""
    found = Build.objects.filter(project_name=project_name, number=number).first()
    if found is None:
        raise BuildNotFound(f"There is no build #{number} of {project_name!r}.")
    return found


def builds(*, project_name: str = "", status: str = "") -> QuerySet[Build]:
    """Builds, to be paged newest first."""
    rows = Build.objects.all()
    if project_name:
        rows = rows.filter(project_name=project_name)
    if status:
        rows = rows.filter(status=status)
    return rows


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
