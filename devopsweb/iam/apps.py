"""Registers the app."""

from django.apps import AppConfig


class IamConfig(AppConfig):
    """Users, groups, roles, policies, credentials, and the one question that all ask: authorize."""

    name = "devopsweb.iam"
    label = "iam"
    verbose_name = "Identity and access"

    def ready(self) -> None:
        """Watch our own models for changes, and hang into sockets, sidebar and palette."""
        # Models are not loaded earlier.
        from devopsweb.iam import freshness, hooks

        freshness.watch()
        hooks.install()
