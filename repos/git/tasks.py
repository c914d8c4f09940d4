"""Bodies of the sweeps and of housekeeping."""

from typing import Any

import django_rq
import structlog
from celery import shared_task
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from devopsweb.kernel import clock
from repos.git.actions import housekeeping, pushes

log = structlog.get_logger(__name__)


@shared_task(name="git.settle_pushes")
def settle_pushes() -> None:
    """Announce what pushes did whose process died before it could say so."""
    pushes.settle_open(at=clock.now())


@shared_task(name="git.reconcile")
def reconcile() -> None:
    """Announce moves of references that no push accounts for."""
    pushes.reconcile_due(at=clock.now())


@shared_task(name="git.housekeeping")
def sweep_housekeeping() -> None:
    """Queue housekeeping of the repositories that changed and are quiet again."""
    at = clock.now()
    for repository_id in housekeeping.due(at=at):
        _queue(repository_id)
    housekeeping.clear_away(at=at)


def _queue(repository_id: str) -> None:
    try:
        queue: Any = django_rq.get_queue("housekeeping")
        queue.enqueue(
            keep, repository_id, job_id=f"keep-{repository_id}", unique=True, result_ttl=0, failure_ttl=3600
        )
    except DuplicateJobError:
        log.debug("housekeeping is queued already", repository=repository_id)
    except (OSError, RedisError) as error:
        log.warning(
            "housekeeping not queued, the next sweep will", repository=repository_id, error=str(error)
        )


def keep(repository_id: str) -> None:
    """Keep one repository (runs in an RQ worker)."""
    housekeeping.keep(repository_id=repository_id, at=clock.now())
