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

    def ready(self) -> None:
        """Topics, navigation and palette."""
        from devopsweb.live import api as live  # noqa: PLC0415 - the registry is filled when apps are loaded
        from devopsweb.ui import registry  # noqa: PLC0415
        from repos.git import shell  # noqa: PLC0415

        live.register("repo", shell.may_watch)
        registry.nav(registry.NavItem("Deliver", 10, "Repositories", "git-branch", "repositories", key="r"))
        registry.palette(shell.palette)
