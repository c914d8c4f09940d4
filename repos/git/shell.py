"""What repositories hang into the shell around the pages: topics and palette rows."""

from collections.abc import Iterator
from itertools import islice

from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.iam.api import Principal
from devopsweb.kernel.arn import arn
from devopsweb.ui.registry import PaletteRow, Step
from repos.git import access
from repos.git.adapters import objects
from repos.git.engine import names
from repos.git.models import Repository

ROWS = 5
SEARCHED = 20
FIRST_STEP = Step(
    10,
    "Create a repository",
    "Clone it and push to it with git over HTTP.",
    "repositories",
    lambda principal: Repository.objects.exists(),
)


def may_watch(principal: Principal, name: str) -> bool:
    """Who may see a repository may hear of its changes; ``all`` is the list."""
    if name == "all":
        return iam.is_allowed(principal, "codecommit:ListRepositories", "*")
    return iam.is_allowed(principal, "codecommit:GetRepository", arn("codecommit", name))


def palette(principal: Principal, query: str) -> Iterator[PaletteRow]:
    """Repositories by name, and a commit by the beginning of its id."""
    wanted = query.strip()
    for found in islice(access.visible(principal, containing=wanted), ROWS):
        href = reverse("repository", kwargs={"repository": found.name})
        yield PaletteRow("Go to", found.name, href, "git-branch", note="Repository")
    if names.is_short_sha(wanted.lower()):
        yield from _commits(principal, wanted.lower())


def _commits(principal: Principal, prefix: str) -> Iterator[PaletteRow]:
    recent = Repository.objects.order_by("-modified_at")[:SEARCHED]
    for repository in recent:
        if not access.may(principal, repository, "GetCommit")["GetCommit"]:
            continue
        with objects.borrow(repository.directory) as reader:
            header = reader.header(f"{prefix}^{{commit}}")
            if header is None:
                continue
            commit = reader.commit(header.sha)
        href = reverse("commit", kwargs={"repository": repository.name, "sha": commit.sha})
        label = f"{commit.sha[:7]} {commit.subject}"
        yield PaletteRow("Go to", label, href, "history", note=repository.name)
