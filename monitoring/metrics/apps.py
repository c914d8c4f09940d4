"""Registers the app."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Time series in the shape of CloudWatch metrics."""

    name = "monitoring.metrics"
    label = "metrics"
