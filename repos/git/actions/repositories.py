"""Creates, changes and deletes repositories."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.iam.api import Principal
from devopsweb.live import api as live
from repos.git.adapters import folders, objects
from repos.git.engine import names
from repos.git.errors import BranchNotFound, RepositoryNameExists
from repos.git.event_types import RepositoryChanged
from repos.git.models import RefState, Repository

log = structlog.get_logger(__name__)


def create(
    *,
    name: str,
    description: str,
    principal: Principal,
    at: datetime,
    tags: Mapping[str, str] | None = None,
) -> Repository:
    """A new empty repository. Raises ``InvalidRepositoryName``, ``RepositoryNameExists``."""
    names.check_repository(name)
    try:
        with transaction.atomic():
            repository = Repository.objects.create(
                name=name,
                description=description,
                tags=dict(tags or {}),
                created_by_arn=principal.arn,
                created_at=at,
                modified_at=at,
                reconciled_at=at,
            )
            tell(repository, "CreateRepository", principal, at)
            folders.create(repository.directory)
    except IntegrityError:
        raise RepositoryNameExists(name) from None
    live.changed("repo:all")
    return repository


def delete(*, repository: Repository, principal: Principal, at: datetime) -> None:
    """Delete the repository for good; its folder goes when the row is gone."""
    directory = repository.directory
    with transaction.atomic():
        tell(repository, "DeleteRepository", principal, at)
        repository.delete()
        transaction.on_commit(partial(_remove, directory))
    live.changed("repo:all", f"repo:{repository.name}")


def _remove(directory: Path) -> None:
    objects.POOL.discard(directory)
    folders.remove(directory)


def describe(*, repository: Repository, description: str, principal: Principal, at: datetime) -> None:
    """Set the description."""
    with transaction.atomic():
        repository.description = description
        repository.modified_at = at
        repository.save(update_fields=["description", "modified_at"])
        tell(repository, "UpdateRepositoryDescription", principal, at)
    live.changed("repo:all", f"repo:{repository.name}")


def rename(*, repository: Repository, name: str, principal: Principal, at: datetime) -> None:
    """Give the repository another name; the old address stops at once."""
    names.check_repository(name)
    before = repository.name
    try:
        with transaction.atomic():
            repository.name = name
            repository.modified_at = at
            repository.save(update_fields=["name", "modified_at"])
            tell(repository, "UpdateRepositoryName", principal, at)
    except IntegrityError:
        repository.name = before
        raise RepositoryNameExists(name) from None
    live.changed("repo:all", f"repo:{before}", f"repo:{name}")


def set_default_branch(*, repository: Repository, branch: str, principal: Principal, at: datetime) -> None:
    """Make ``branch`` the default; nothing happens if it is. Raises ``BranchNotFound``."""
    if not RefState.objects.filter(repository=repository, name=names.BRANCHES + branch).exists():
        raise BranchNotFound(f"{repository.name} has no branch {branch!r}.")
    if repository.default_branch == branch:
        return
    with transaction.atomic():
        folders.set_default_branch(repository.directory, branch)
        repository.default_branch = branch
        repository.modified_at = at
        repository.save(update_fields=["default_branch", "modified_at"])
        tell(repository, "UpdateDefaultBranch", principal, at)
    live.changed(f"repo:{repository.name}")


def tell(repository: Repository, operation: str, principal: Principal, at: datetime) -> None:
    """Publish that ``operation`` changed the repository, in the present transaction."""
    log.info("repository changed", repository=repository.name, operation=operation, principal=principal.arn)
    events.publish(
        RepositoryChanged(repository=repository.name, repository_id=str(repository.id), operation=operation),
        at=at,
        principal_arn=principal.arn,
    )
