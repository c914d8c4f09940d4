"""The role under which a project's builds act: given with the project, assumed by each build."""

from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.builds.models import Build, Project

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
    return iam.service_session(
        SERVICE, role, f"AWSCodeBuild-{build.uuid}", source_arn=build.project_arn, at=at
    )
