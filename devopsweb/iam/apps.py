"""Registers the app."""

from django.apps import AppConfig


class IamConfig(AppConfig):
    """Users, groups, roles, policies, credentials, and the one question that all ask: authorize."""

    name = "devopsweb.iam"
    label = "iam"

    def ready(self) -> None:
        """Watch our own models for changes."""
        from devopsweb.iam import freshness  # noqa: PLC0415  models are not loaded earlier

        freshness.watch()
