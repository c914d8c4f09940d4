"""Registers the app."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Pipelines, executions, approvals."""

    name = "pipelines"
    label = "pipelines"

    def ready(self) -> None:
        """Hang the app into the house."""
        from pipelines import wiring

        wiring.connect()
