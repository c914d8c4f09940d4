"""Commits by CodeCommit's specifiers: a branch, a tag, HEAD, a full reference or a full id; nothing shorter."""

from repos.git.adapters import objects, refs
from repos.git.engine import names
from repos.git.errors import BranchNotFound, CommitIdNotFound, CommitNotFound, InvalidCommitId
from repos.git.models import Repository
from repos.git.types import CommitInfo


def commit(target: Repository, specifier: str) -> CommitInfo:
    """The commit that ``specifier`` names; empty is the default branch. Raises ``CommitNotFound``."""
    wanted = names.BRANCHES + target.default_branch if specifier in ("", "HEAD") else specifier
    with objects.borrow(target.directory) as reader:
        for candidate in _candidates(wanted):
            header = reader.header(f"{candidate}^{{commit}}")
            if header is not None and header.kind == "commit":
                return reader.commit(header.sha)
    if not specifier and not target.default_branch:
        raise CommitNotFound(f"{target.name} has no commit yet.")
    raise CommitNotFound(f"{target.name} has no branch, tag or commit {specifier[:100]!r}.")


def _candidates(wanted: str) -> list[str]:
    if names.is_sha(wanted):
        return [wanted]
    if wanted.startswith("refs/"):
        kind = names.kind_of(wanted)
        return [wanted] if kind and names.is_reference(kind[1]) else []
    return [names.BRANCHES + wanted, names.TAGS + wanted] if names.is_reference(wanted) else []


def commit_by_id(target: Repository, commit_id: str) -> CommitInfo:
    """The commit of that full id. Raises ``InvalidCommitId``, ``CommitIdNotFound``."""
    if not names.is_sha(commit_id):
        raise InvalidCommitId(f"{commit_id[:100]!r} is not a full commit id (40 hexadecimal digits).")
    with objects.borrow(target.directory) as reader:
        header = reader.header(commit_id)
        if header is None or header.kind != "commit":
            raise CommitIdNotFound(f"{target.name} has no commit {commit_id}.")
        return reader.commit(commit_id)


def tip(target: Repository, branch: str) -> str:
    """The id of a branch's last commit. Raises ``BranchNotFound``, ``InvalidReferenceName``."""
    full_name = names.BRANCHES + names.check_reference(branch)
    sha = refs.snapshot(target.directory, full_name).get(full_name)
    if sha is None:
        raise BranchNotFound(f"{target.name} has no branch {branch!r}.")
    return sha
