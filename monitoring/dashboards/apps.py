"""Registers the app."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Pages of charts over metrics."""

    name = "monitoring.dashboards"
    label = "dashboards"
