"""Registers the app, its live topics and its part of the shell."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Threshold alarms over metrics."""

    name = "monitoring.alarms"
    label = "alarms"

    def ready(self) -> None:
        """Hang alarms into the shell."""
        from devopsweb.iam import api as iam
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.alarms import access, shell

        iam.offer_tags("cloudwatch", access.tags_of)
        live.register("alarms", lambda principal, name: access.may_list(principal))
        live.register("alarm", access.may_watch)
        registry.nav(shell.NAV)
        registry.home(shell.CARD)
        registry.tally(shell.TALLY)
        registry.palette(shell.palette)
