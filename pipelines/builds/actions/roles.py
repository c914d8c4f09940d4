"""The role under which a project's builds act: given with the project, assumed by each build."""

from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.builds.models import Build, Project
from pipelines.builds.states import BuildStatus

SERVICE = "codebuild"


def default() -> str:
    """The role of projects for which nobody chooses one."""
    return iam.default_service_role(SERVICE)


def choices(principal: Principal, present: str = "") -> list[str]:
    """The roles that ``principal`` may give to a project, the default one first, and the ``present`` one."""
    found = {*iam.passable_roles(principal, SERVICE), *filter(None, [present])}
    return [default(), *sorted(found - {default()})]


def may_pass(principal: Principal, project: Project, role: str = "") -> None:
    """Require that ``principal`` may give ``project`` its role, or one of its builds the role ``role``.

    Raises ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    iam.pass_role(principal, role or project.service_role, f"{SERVICE}.amazonaws.com", associated=project.arn)


def session(build: Build, *, at: datetime) -> Principal:
    """As whom the build acts. Raises ``iam.api.AccessDenied``."""
    role = build.settings.get("service_role", "")
    return iam.service_session(SERVICE, role, _session_name(build), source_arn=build.project_arn, at=at)


def lend(build: Build, *, at: datetime) -> iam.LentCredentials:
    """The role's credentials for the build's own commands; they end with the build.

    Raises ``iam.api.AccessDenied``.
    """
    return iam.lend_credentials(
        SERVICE,
        build.settings.get("service_role", ""),
        _session_name(build),
        source_arn=build.project_arn,
        lives_with=build.arn,
        seconds=60 * int(build.settings["timeout_minutes"]),
        at=at,
    )


def is_running(resource: str) -> bool:
    """Whether the build (``build/web:<uuid>``) runs, and nobody has stopped it: its credentials hold as long."""
    running = Build.objects.filter(status=BuildStatus.IN_PROGRESS, stop_requested_at=None)
    return running.filter(uuid=resource.rpartition(":")[2]).exists()


def _session_name(build: Build) -> str:
    return f"AWSCodeBuild-{build.uuid}"
