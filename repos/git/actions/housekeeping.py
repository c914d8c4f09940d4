"""Keeps repositories small and quick: geometric repacks, commit-graphs, expiry of lost objects."""

from datetime import datetime, timedelta

import structlog
from django.db.models import F, Q

from repos.git.adapters import folders, process
from repos.git.models import Push, Repository

log = structlog.get_logger(__name__)

QUIET = timedelta(seconds=30)
FULL_EVERY = timedelta(days=7)
UNREACHABLE_FOR = "2.weeks.ago"
PUSHES_KEPT = timedelta(days=90)
TIMEOUT = 3000


def due(*, at: datetime, limit: int = 20) -> list[str]:
    """Ids of repositories that changed since they were last kept, and are quiet now."""
    rows = Repository.objects.filter(modified_at__lt=at - QUIET).filter(
        Q(kept_at=None) | Q(kept_at__lt=F("modified_at"))
    )
    return [str(pk) for pk in rows.order_by("modified_at").values_list("pk", flat=True)[:limit]]


def keep(*, repository_id: str, at: datetime) -> None:
    """Repack what grew and refresh the commit-graph; once a week drop what nothing refers to."""
    repository = Repository.objects.filter(pk=repository_id).first()
    if repository is None or not repository.directory.is_dir():
        return
    directory, full = repository.directory, _is_full_due(repository, at)
    if stale := folders.unlock(directory):
        log.warning("removed stale locks", repository=repository.name, locks=stale)
    repack = ["repack", "-d", "--quiet", "--write-midx"]
    if full:
        repack += ["-A", "-a", "--write-bitmap-index", f"--unpack-unreachable={UNREACHABLE_FOR}"]
    else:
        repack += ["-l", "--geometric=2", "--write-bitmap-index"]
    process.run(directory, *repack, timeout=TIMEOUT)
    process.run(directory, "pack-refs", "--all", "--prune", timeout=TIMEOUT)
    process.run(
        directory, "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress", timeout=TIMEOUT
    )
    if full:
        process.run(directory, "prune", f"--expire={UNREACHABLE_FOR}", timeout=TIMEOUT)
    Repository.objects.filter(pk=repository_id).update(kept_at=at)
    log.info("repository kept", repository=repository.name, full=full)


def _is_full_due(repository: Repository, at: datetime) -> bool:
    return repository.kept_at is not None and at - repository.kept_at > FULL_EVERY


def clear_away(*, at: datetime) -> None:
    """Delete folders whose repository is gone, and pushes whose time is over."""
    known = {str(pk) for pk in Repository.objects.values_list("pk", flat=True)}
    for folder in folders.orphans(known, older_than=3600):
        log.warning("removed the folder of a deleted repository", folder=folder.name)
        folders.remove(folder)
    Push.objects.filter(settled_at__lt=at - PUSHES_KEPT).delete()
