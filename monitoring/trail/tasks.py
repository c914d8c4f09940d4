"""Celery bodies of the trail."""

from celery import shared_task

from devopsweb.kernel import clock
from monitoring.trail.actions import delivery, digests, retention, sealing


@shared_task(name="trail.seal")
def seal() -> None:
    """Take into the chain what no flusher took."""
    sealing.drain_all()


@shared_task(name="trail.deliver")
def deliver() -> None:
    """Bring trails what is due to them."""
    delivery.deliver_due(at=clock.now())


@shared_task(name="trail.digest")
def digest() -> None:
    """Sign the hours that are over."""
    digests.make_due(at=clock.now())


@shared_task(name="trail.expire")
def expire() -> None:
    """Take away what is past its retention."""
    retention.expire(at=clock.now())
