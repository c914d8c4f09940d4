"""Registers the app, its live topics, its navigation entries, and listens at every door."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The audit trail and the feed of events."""

    name = "monitoring.trail"
    label = "trail"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        """Hang the pages into the shell, announce every event, write down every call."""
        from devopsweb import health
        from devopsweb.awsapi import outcomes
        from devopsweb.events import api as events
        from devopsweb.iam import api as iam
        from devopsweb.iam import audit
        from devopsweb.kernel import sealing
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.trail import access, keeping, recording

        sealing.keep(sealing.Kept("trail.SigningKey", "private"))
        outcomes.observe(recording.of_outcome)
        outcomes.guard(recording.before_change)
        health.offer("trail", keeping.trouble)
        audit.observe(recording.of_deed)
        events.observe(lambda event: live.changed("events:all"))
        iam.offer_tags("cloudtrail", access.tags_of)
        live.register("events", lambda principal, name: access.may_look_up(principal))
        live.register("trail", lambda principal, name: access.may_look_up(principal))
        registry.nav(
            registry.NavItem("Govern", 5, "Audit trail", "shield-lock", "trail", visible=access.may_look_up),
            registry.NavItem("Govern", 10, "Events", "history", "events", visible=access.may_look_up),
        )
