"""Registers the app, its live topic and its navigation entry."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The feed of events."""

    name = "monitoring.trail"
    label = "trail"

    def ready(self) -> None:
        """Hang the feed into the shell, and announce every event to it."""
        from devopsweb.events import api as events
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.trail import access

        events.observe(lambda event: live.changed("events:all"))
        live.register("events", lambda principal, name: access.may_look_up(principal))
        registry.nav(
            registry.NavItem("Govern", 10, "Events", "history", "events", visible=access.may_look_up)
        )
