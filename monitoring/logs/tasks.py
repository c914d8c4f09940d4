"""Celery bodies of logs."""

from celery import shared_task

from devopsweb.kernel import clock
from monitoring.logs.actions import retention


@shared_task(name="logs.retention")
def delete_expired() -> None:
    """Delete streams whose retention is over."""
    retention.delete_expired(at=clock.now())
