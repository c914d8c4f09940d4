"""What builds offer to the shell: navigation, palette, live topics."""

from collections.abc import Iterable

from devopsweb.iam.api import is_allowed, offer_lifeline, offer_tags
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from devopsweb.ui import registry
from devopsweb.ui.registry import NavItem, PaletteRow, Step
from pipelines.builds import access, sealed
from pipelines.builds.actions import roles
from pipelines.builds.models import Project


def connect() -> None:
    """Register everything."""
    sealed.register()
    offer_tags("codebuild", access.tags_of)
    offer_lifeline("codebuild", roles.is_running)
    registry.nav(NavItem("Deliver", 40, "Builds", "hammer", "builds", key="b", visible=_may_list))
    registry.palette(_palette)
    registry.step(
        Step(
            20,
            "Create a build project",
            "It runs the buildspec.yml of a repository.",
            "builds",
            lambda principal: Project.objects.exists(),
        )
    )
    live.register("build", _may_watch_build)
    live.register("builds", lambda principal, _: _may_list(principal))


def _may_list(principal: Principal) -> bool:
    return is_allowed(principal, "codebuild:ListProjects", arn("codebuild", "project/*"))


def _may_watch_build(principal: Principal, name: str) -> bool:
    project = name.rpartition(":")[0]
    return is_allowed(principal, "codebuild:BatchGetBuilds", arn("codebuild", f"project/{project}"))


def _palette(principal: Principal, query: str) -> Iterable[PaletteRow]:
    if not _may_list(principal):
        return
    for project in Project.objects.filter(name__icontains=query).order_by("name")[:5]:
        yield PaletteRow("Go to", project.name, f"/builds/{project.name}/", "hammer", "Build project")
