"""Celery bodies of the trail."""

from celery import shared_task

from monitoring.trail.actions import sealing


@shared_task(name="trail.seal")
def seal() -> None:
    """Take into the chain what no flusher took."""
    sealing.drain_all()
