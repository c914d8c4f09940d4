"""Rows for a principal, or a refusal that names what is missing."""

from devopsweb.iam.api import require
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from pipelines.builds import queries
from pipelines.builds.models import Build, Project


def project(principal: Principal, name: str, action: str) -> Project:
    """The project, if ``principal`` may do ``action`` on it."""
    require(principal, action, arn("codebuild", f"project/{name}"))
    return queries.project(name)


def build(principal: Principal, project_name: str, number: int, action: str) -> Build:
    """A build, if ``principal`` may do ``action`` on its project."""
    require(principal, action, arn("codebuild", f"project/{project_name}"))
    return queries.numbered(project_name, number)


def anything(principal: Principal, action: str) -> None:
    """Require ``action`` on all projects (lists, creation)."""
    require(principal, action, arn("codebuild", "project/*"))
