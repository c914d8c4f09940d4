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
    verbose_name = "Repositories"

    def ready(self) -> None:
        """Topics, navigation and palette."""
        from devopsweb.iam import api as iam
        from devopsweb.live import api as live
        from devopsweb.ui import registry
        from monitoring.trail import api as trail
        from repos.git import access, shell, stories

        trail.explain("codecommit.amazonaws.com", "GitPush", stories.of_push)
        live.register("repo", shell.may_watch)
        iam.offer_tags("codecommit", access.tags_of)
        registry.nav(
            registry.NavItem(
                "Deliver", 10, "Repositories", "git-branch", "repositories", key="r", visible=access.may_list
            )
        )
        registry.palette(shell.palette)
        registry.step(shell.FIRST_STEP)
