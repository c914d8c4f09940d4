"""Registers the app."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Pipelines, executions, approvals."""

    name = "pipelines"
    label = "pipelines"
