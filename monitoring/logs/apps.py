"""Registers the app."""

from django.apps import AppConfig

from devopsweb.ui import registry


class LogsConfig(AppConfig):
    """One store for build, deploy and application logs, in the shape of CloudWatch Logs."""

    name = "monitoring.logs"
    label = "logs"

    def ready(self) -> None:
        """Hang logs into the shell."""
        registry.nav(registry.NavItem("Observe", 40, "Logs", "list-search", "log-groups", key="l"))
