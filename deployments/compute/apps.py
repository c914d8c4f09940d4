"""Registers the app."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """Instances: any host with the agent, and local sandboxed ones."""

    name = "deployments.compute"
    label = "compute"
    verbose_name = "Agents"
