"""Registers the app."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Build projects, builds, buildspec, executors."""

    name = "pipelines.builds"
    label = "builds"
