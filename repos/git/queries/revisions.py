"""Finds commits by branch, tag or id."""

from repos.git.adapters import objects
from repos.git.engine import names
from repos.git.errors import RefNotFound, RepositoryNotFound
from repos.git.models import Repository
from repos.git.types import CommitInfo


def repository(name: str) -> Repository:
    """The repository of that name. Raises ``RepositoryNotFound``."""
    found = Repository.objects.filter(name=name).first()
    if found is None:
        raise RepositoryNotFound(name)
    return found


def find(reader: objects.Reader, revision: str) -> str | None:
    """The commit that a branch, tag, full reference or (shortened) id names, or None.

    Only names are understood, not git's expressions (``main~3``).
    """
    for candidate in _candidates(revision):
        header = reader.header(f"{candidate}^{{commit}}")
        if header is not None and header.kind == "commit":
            return header.sha
    return None


def _candidates(revision: str) -> list[str]:
    if names.is_sha(revision):
        return [revision]
    if revision.startswith("refs/"):
        kind = names.kind_of(revision)
        return [revision] if kind and names.is_reference(kind[1]) else []
    found = [names.BRANCHES + revision, names.TAGS + revision] if names.is_reference(revision) else []
    if names.is_short_sha(revision):
        found.append(revision)
    return found


def resolve(target: Repository, revision: str) -> CommitInfo:
    """The commit that ``revision`` names. Raises ``RefNotFound``."""
    with objects.borrow(target.directory) as reader:
        sha = find(reader, revision)
        if sha is not None:
            return reader.commit(sha)
    raise RefNotFound(f"{target.name} has no branch, tag or commit {revision[:100]!r}.")
