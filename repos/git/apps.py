"""Hangs repositories into the house."""

from django.apps import AppConfig


class GitConfig(AppConfig):
    """Repositories: smart HTTP, browsing, diffs.

    Nouns: repository, push, reference, archive. A push is written down, git moves the references,
    the moves are recorded and announced as ``ReferenceUpdated`` in one transaction; sweeps heal
    whatever a crash left between git and the database.
    """

    name = "repos.git"
    label = "git"
