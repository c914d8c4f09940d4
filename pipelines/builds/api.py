"""The front door of builds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from devopsweb.kernel.principals import Principal
from pipelines.builds import queries
from pipelines.builds.actions import builds, projects
from pipelines.builds.errors import BuildNotFound, InvalidProject, ProjectAlreadyExists, ProjectNotFound
from pipelines.builds.models import Project
from pipelines.builds.types import BuildInfo, FailureInfo, PhaseInfo, Source, Stored

__all__ = [
    "BuildInfo",
    "BuildNotFound",
    "FailureInfo",
    "InvalidProject",
    "PhaseInfo",
    "ProjectAlreadyExists",
    "ProjectNotFound",
    "Source",
    "Stored",
    "create_project",
    "get",
    "project_exists",
    "project_names",
    "start_build",
    "stop_build",
]


def start_build(
    *,
    project: str,
    principal: Principal,
    initiator: str,
    at: datetime,
    source: Source | None = None,
    env_overrides: Mapping[str, str | Stored] | None = None,
    buildspec_override: str | None = None,
) -> str:
    """Start a build; its id. Raises ``ProjectNotFound``, ``AccessDenied``."""
    return builds.start(
        project=project,
        principal=principal,
        initiator=initiator,
        at=at,
        source=source,
        env_overrides=env_overrides,
        buildspec_override=buildspec_override,
    ).external_id


def stop_build(*, build_id: str, principal: Principal, at: datetime, reason: str = "") -> None:
    """Stop a build; one that has ended stays as it is. Raises ``BuildNotFound``."""
    builds.stop(queries.build(build_id), principal=principal, at=at, reason=reason)


def get(build_id: str) -> BuildInfo:
    """A build. Raises ``BuildNotFound``."""
    return queries.info(queries.build(build_id))


def create_project(
    *,
    name: str,
    principal: Principal,
    at: datetime,
    environment: Sequence[Mapping[str, Any]] = (),
    **settings: Any,
) -> None:
    """Create a build project.

    ``settings`` are the fields of ``Project`` (``repository``, ``buildspec``, ``timeout_minutes`` …);
    ``environment`` is a list of ``{"name", "value", "secret"}``.
    """
    projects.create(name=name, principal=principal, at=at, environment=environment, **settings)


def project_exists(name: str) -> bool:
    """Whether a build project of this name exists."""
    return Project.objects.filter(name=name).exists()


def project_names() -> list[str]:
    """The names of all build projects, in order."""
    return list(Project.objects.order_by("name").values_list("name", flat=True))
