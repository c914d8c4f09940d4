"""The front door of git repositories for other apps."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from devopsweb.blobs.api import Blob
from devopsweb.iam import api as iam
from devopsweb.iam.api import Principal
from devopsweb.kernel.arn import arn
from repos.git import access, commit_status
from repos.git.actions import archives, commits, repositories
from repos.git.errors import (
    InvalidReferenceName,
    InvalidRepositoryName,
    ReferenceChanged,
    RefNotFound,
    RepositoryNameExists,
    RepositoryNotFound,
)
from repos.git.models import Repository
from repos.git.queries import differences, history, revisions
from repos.git.types import CommitInfo, DiffStat, RepositoryInfo

__all__ = [
    "CommitInfo",
    "DiffStat",
    "InvalidReferenceName",
    "InvalidRepositoryName",
    "RefNotFound",
    "ReferenceChanged",
    "RepositoryInfo",
    "RepositoryNameExists",
    "RepositoryNotFound",
    "archive",
    "commit_status",
    "commits_between",
    "create_repository",
    "diffstat",
    "put_tree",
    "repositories_of",
    "repository",
    "resolve",
]


def create_repository(
    *, name: str, description: str = "", principal: Principal, at: datetime
) -> RepositoryInfo:
    """Create an empty repository.

    Raises ``AccessDenied``, ``InvalidRepositoryName``, ``RepositoryNameExists``.
    """
    iam.require(principal, "codecommit:CreateRepository", arn("codecommit", name))
    return repositories.create(name=name, description=description, principal=principal, at=at).info()


def repository(name: str) -> RepositoryInfo:
    """The repository of that name. Raises ``RepositoryNotFound``."""
    return revisions.repository(name).info()


def repositories_of(principal: Principal) -> list[RepositoryInfo]:
    """The repositories that ``principal`` may see, by name (for choices in forms)."""
    found = Repository.objects.order_by("name")
    return [row.info() for row in found if access.may(principal, row, "GetRepository")["GetRepository"]]


def resolve(*, repository: str, ref: str) -> CommitInfo:
    """The commit behind a branch, tag or id. Raises ``RepositoryNotFound``, ``RefNotFound``."""
    return revisions.resolve(revisions.repository(repository), ref)


def archive(*, repository: str, sha: str) -> Blob:
    """The zip of a commit's files, files at its root; the same tree always gives the same blob."""
    target = revisions.repository(repository)
    return archives.archive(repository=target, tree=revisions.resolve(target, sha).tree)


def commits_between(*, repository: str, base: str | None, head: str, limit: int) -> list[CommitInfo]:
    """Commits that ``head`` has and ``base`` has not, newest first."""
    target = revisions.repository(repository)
    base_sha = revisions.resolve(target, base).sha if base else None
    return history.between(target, base=base_sha, head=revisions.resolve(target, head).sha, limit=limit)


def diffstat(*, repository: str, base: str, head: str) -> DiffStat:
    """How much two commits differ."""
    target = revisions.repository(repository)
    return differences.stat(
        target, base=revisions.resolve(target, base).sha, head=revisions.resolve(target, head).sha
    )


def put_tree(
    *,
    repository: str,
    branch: str,
    files: Mapping[str, bytes],
    executable: AbstractSet[str] = frozenset(),
    message: str,
    author_name: str,
    author_email: str,
    at: datetime,
    principal: Principal | None = None,
) -> str:
    """Commit exactly ``files`` on top of ``branch`` (made when missing); the new commit's id.

    Recorded and announced like a push. Raises ``RepositoryNotFound``, ``ReferenceChanged``.
    """
    return commits.put_tree(
        repository=revisions.repository(repository),
        branch=branch,
        files=files,
        executable=executable,
        message=message,
        author=(author_name, author_email),
        principal=principal or iam.service_principal("codecommit"),
        at=at,
    )
