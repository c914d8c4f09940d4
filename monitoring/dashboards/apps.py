"""Registers the app, its live topics and its part of the shell."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Pages of charts over metrics."""

    name = "monitoring.dashboards"
    label = "dashboards"

    def ready(self) -> None:
        """Hang dashboards into the shell."""
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.dashboards import access, shell

        live.register("dashboards", lambda principal, name: access.may_list(principal))
        live.register("dashboard", lambda principal, name: access.may(principal, "GetDashboard", name))
        registry.nav(
            registry.NavItem(
                "Observe", 10, "Dashboards", "layout-dashboard", "dashboards", visible=access.may_list
            )
        )
        registry.palette(shell.palette)
