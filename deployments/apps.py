"""Registers the app."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    """Applications, groups, deployments, lifecycle events."""

    name = "deployments"
    label = "deployments"
