"""Creates and deletes branches and tags without a push, by the same record."""

from collections.abc import Sequence
from datetime import datetime

from devopsweb.iam.api import Principal
from repos.git.actions import pushes
from repos.git.adapters import refs
from repos.git.engine import names
from repos.git.errors import DefaultBranchCannotBeDeleted, ReferenceChanged, ReferenceExists, RefNotFound
from repos.git.models import RefState, Repository
from repos.git.types import RefChange


def move(*, repository: Repository, changes: Sequence[RefChange], principal: Principal, at: datetime) -> None:
    """Make all ``changes`` or none, and announce them. Raises ``ReferenceChanged``."""
    push = pushes.begin(repository=repository, changes=changes, principal=principal, at=at)
    try:
        refs.apply(repository.directory, changes)
    except ReferenceChanged:
        pushes.finish(push=push, moved=[], at=at)
        raise
    pushes.finish(push=push, moved=changes, at=at)


def create(*, repository: Repository, name: str, sha: str, principal: Principal, at: datetime) -> None:
    """Create the reference ``name`` (full) at ``sha``. Raises ``ReferenceExists``."""
    _, short_name = names.kind_of(name) or ("", name)
    names.check_reference(short_name)
    if refs.snapshot(repository.directory, name):
        raise ReferenceExists(f"{short_name} exists already in {repository.name}.")
    move(repository=repository, changes=[RefChange(name, "", sha)], principal=principal, at=at)


def delete(*, repository: Repository, name: str, principal: Principal, at: datetime) -> None:
    """Delete the reference ``name`` (full). Raises ``RefNotFound``, ``DefaultBranchCannotBeDeleted``."""
    if name == names.BRANCHES + repository.default_branch:
        raise DefaultBranchCannotBeDeleted(
            f"{repository.default_branch} is the default branch of {repository.name} and stays. "
            "Make another branch the default first."
        )
    before = RefState.objects.filter(repository=repository, name=name).values_list("sha", flat=True).first()
    if before is None:
        raise RefNotFound(f"{repository.name} has no {name.split('/', 2)[-1]!r}.")
    move(repository=repository, changes=[RefChange(name, before, "")], principal=principal, at=at)
