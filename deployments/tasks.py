"""Celery bodies of deployments."""

from celery import shared_task

from deployments.actions import advance as advancing
from deployments.compute.actions import instances
from devopsweb.kernel import clock


@shared_task(name="deployments.advance")
def advance(deployment_id: int) -> None:
    """Carry one deployment on."""
    advancing.advance(deployment_id, at=clock.now())


@shared_task(name="deployments.sweep")
def sweep() -> None:
    """Notice silent instances, then carry on every deployment that waits for anything."""
    at = clock.now()
    instances.notice_silent(at=at)
    advancing.advance_all(at=at)
