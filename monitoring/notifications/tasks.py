"""Celery bodies of notifications."""

from celery import shared_task

from devopsweb.kernel import clock
from monitoring.notifications.actions import messages


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Enqueue whatever is due."""
    messages.sweep(at=clock.now())


@shared_task(name="notifications.expire")
def expire() -> None:
    """Delete old messages."""
    messages.expire(at=clock.now())
