"""Celery bodies of blobs."""

from celery import shared_task

from devopsweb.blobs.actions import cleaning
from devopsweb.kernel import clock


@shared_task(name="blobs.sweep")
def sweep() -> None:
    """Remove what killed writers left behind."""
    cleaning.sweep_incoming(at=clock.now())
