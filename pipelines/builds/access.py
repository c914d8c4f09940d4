"""Rows for a principal, or a refusal that names what is missing."""

from collections.abc import Iterable

from devopsweb.iam.api import is_allowed, require
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from pipelines.builds import queries
from pipelines.builds.models import Build, Project


def project(principal: Principal, name: str, action: str) -> Project:
    """The project, if ``principal`` may do ``action`` on it."""
    require(principal, action, arn("codebuild", f"project/{name}"))
    return queries.project(name)


def tags_of(resource: str) -> dict[str, str]:
    """The tags of a project (``project/web``), for policies that ask for one."""
    found = (
        Project.objects.filter(name=resource.removeprefix("project/")).values_list("tags", flat=True).first()
    )
    return {tag["key"]: tag.get("value", "") for tag in found or []}


def build(principal: Principal, project_name: str, number: int, action: str) -> Build:
    """A build, if ``principal`` may do ``action`` on its project."""
    require(principal, action, arn("codebuild", f"project/{project_name}"))
    return queries.numbered(project_name, number)


def anything(principal: Principal, action: str) -> None:
    """Require ``action`` on all projects (lists, creation)."""
    require(principal, action, arn("codebuild", "project/*"))


def project_name(principal: Principal, name: str, action: str) -> None:
    """Require ``action`` on the project of that name, whether or not it still exists."""
    require(principal, action, arn("codebuild", f"project/{name}"))


def visible(principal: Principal, names: Iterable[str]) -> list[str]:
    """Of these projects those whose builds ``principal`` may see."""
    return [
        name
        for name in names
        if is_allowed(principal, "codebuild:BatchGetBuilds", arn("codebuild", f"project/{name}"))
    ]
