"""Registers the app."""

from django.apps import AppConfig

from devopsweb.live import api as live
from devopsweb.ui import registry


class LogsConfig(AppConfig):
    """One store for build, deploy and application logs, in the shape of CloudWatch Logs."""

    name = "monitoring.logs"
    label = "logs"

    def ready(self) -> None:
        """Hang logs into the shell."""
        # Models are loaded only now.
        from devopsweb.iam import api as iam
        from monitoring.logs import access, palette

        iam.offer_tags("logs", access.tags_of)
        live.register("log", access.may_watch_stream)
        live.register("logs", lambda principal, name: access.may_list(principal))
        registry.palette(palette.rows)
        registry.nav(
            registry.NavItem(
                "Observe", 40, "Logs", "list-search", "log-groups", key="l", visible=access.may_list
            )
        )
