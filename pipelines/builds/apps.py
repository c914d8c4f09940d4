"""Registers the app."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Build projects, builds, buildspec, executors."""

    name = "pipelines.builds"
    label = "builds"

    def ready(self) -> None:
        """Hang builds into the shell."""
        from pipelines.builds import wiring

        wiring.connect()
