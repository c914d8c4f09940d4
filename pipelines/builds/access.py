"""Rows for a principal, or a refusal that names what is missing."""

from collections.abc import Iterable, Sequence

from devopsweb.iam.api import allowed_of, require, require_each
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from pipelines.builds import queries
from pipelines.builds.models import Build, Project


def project(principal: Principal, name: str, action: str) -> Project:
    """The project, if ``principal`` may do ``action`` on it."""
    require(principal, action, arn("codebuild", f"project/{name}"))
    return queries.project(name)


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of projects (``project/web``), for policies that ask for one."""
    names = [one.removeprefix("project/") for one in resources]
    rows = Project.objects.filter(name__in=names).values_list("name", "tags")
    return {f"project/{name}": tags for name, tags in rows}


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


def project_names(principal: Principal, names: Iterable[str], action: str) -> None:
    """``project_name`` for each of these names."""
    require_each(principal, action, [arn("codebuild", f"project/{name}") for name in names])


def visible(principal: Principal, names: Iterable[str]) -> list[str]:
    """Of these projects those whose builds ``principal`` may see."""
    by_arn = {arn("codebuild", f"project/{name}"): name for name in names}
    return [by_arn[one] for one in allowed_of(principal, "codebuild:BatchGetBuilds", by_arn)]
