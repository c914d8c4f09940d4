"""Registers the app."""

from django.apps import AppConfig


class LogsConfig(AppConfig):
    """One store for build, deploy and application logs, in the shape of CloudWatch Logs."""

    name = "monitoring.logs"
    label = "logs"
