"""Commits made by us, for the sample and for edits without a clone."""

from collections.abc import Collection, Mapping
from datetime import datetime

from devopsweb.iam.api import Principal
from repos.git.actions import references
from repos.git.adapters import refs, writing
from repos.git.engine import names
from repos.git.models import Repository
from repos.git.types import RefChange


def put_tree(
    *,
    repository: Repository,
    branch: str,
    files: Mapping[str, bytes],
    executable: Collection[str],
    message: str,
    author: tuple[str, str],
    principal: Principal,
    at: datetime,
) -> str:
    """Commit exactly ``files`` on top of ``branch``; the new commit's id. Raises ``ReferenceChanged``."""
    full_name = names.BRANCHES + names.check_reference(branch)
    parent = refs.snapshot(repository.directory, full_name).get(full_name, "")
    sha = writing.commit(
        repository.directory,
        files=files,
        executable=executable,
        parent=parent,
        message=message,
        author=author,
        at=at,
    )
    change = RefChange(full_name, parent, sha)
    references.move(repository=repository, changes=[change], principal=principal, at=at)
    return sha
