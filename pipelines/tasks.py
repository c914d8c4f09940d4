"""Celery bodies of pipelines."""

from celery import shared_task

from devopsweb.kernel import clock
from pipelines.actions import advance as advances
from pipelines.actions import sweeps


@shared_task(name="pipelines.advance")
def advance(pipeline_id: int) -> None:
    """Bring one pipeline as far as it gets."""
    advances.advance(pipeline_id=pipeline_id, now=clock.now)


@shared_task(name="pipelines.sweep")
def sweep() -> None:
    """Find what is due, lost or late."""
    sweeps.sweep(at=clock.now())
