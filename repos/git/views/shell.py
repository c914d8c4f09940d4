"""What every page of a repository shows around its own content."""

from typing import Any

from devopsweb.iam.http import Request
from repos.git import access
from repos.git.models import Repository
from repos.git.queries import listing

RIGHTS = ("GetFile", "GetCommit", "GetDifferences", "ListBranches", "UpdateRepositoryDescription")


def context(request: Request, repository: Repository, *, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a page of ``repository`` whose tab is ``tab``."""
    return {
        "repository": repository,
        "clone_url": clone_url(request, repository),
        "tab": tab,
        "counts": listing.counts(repository),
        "may": access.may(request.principal, repository, *RIGHTS),
        **more,
    }


def clone_url(request: Request, repository: Repository) -> str:
    """The clone address as the browser reaches this server."""
    return request.build_absolute_uri(f"/git/{repository.name}")
