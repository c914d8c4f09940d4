"""Registers the app."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Threshold alarms over metrics."""

    name = "monitoring.alarms"
    label = "alarms"
