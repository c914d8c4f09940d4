"""Registers the app, its live topic and its navigation entry."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Time series in the shape of CloudWatch metrics."""

    name = "monitoring.metrics"
    label = "metrics"

    def ready(self) -> None:
        """Hang metrics into the shell."""
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.metrics import access

        live.register("metrics", lambda principal, name: access.may_read(principal))
        registry.nav(
            registry.NavItem("Observe", 20, "Metrics", "chart-line", "metrics", visible=access.may_read)
        )
