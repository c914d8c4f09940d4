"""Registers the app."""

from django.apps import AppConfig


class GitConfig(AppConfig):
    """Repositories: smart HTTP, browsing, diffs."""

    name = "repos.git"
    label = "git"
