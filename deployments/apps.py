"""Registers the app: navigation, home cards, palette, live topics."""

from django.apps import AppConfig

from devopsweb.live import api as live
from devopsweb.ui import registry


class DeploymentsConfig(AppConfig):
    """Applications, groups, deployments, lifecycle events."""

    name = "deployments"
    label = "deployments"

    def ready(self) -> None:
        """Hang the pages into the shell."""
        # Models, which the shell's parts read, exist only now.
        from deployments import access, shell
        from devopsweb.iam import api as iam

        registry.nav(
            registry.NavItem(
                "Deliver", 50, "Deployments", "rocket", "deployments", key="d", visible=shell.may_list
            ),
            registry.NavItem("Govern", 30, "Agents", "server", "instances", visible=shell.may_list_instances),
        )
        registry.home(
            registry.HomeCard("places", "side", 10, "deployments/home_places.html", shell.places),
            registry.HomeCard("deployments", "side", 30, "deployments/home_recent.html", shell.recent),
        )
        registry.palette(shell.palette)
        registry.step(shell.FIRST_STEP)
        iam.offer_tags("codedeploy", access.tags_of)
        live.register("deployment", shell.may_watch)
        live.register("deployments", lambda principal, _: shell.may_list(principal))
        live.register("instance", shell.may_watch_instance)
        live.register("instances", lambda principal, _: shell.may_list_instances(principal))
