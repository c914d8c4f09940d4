"""Celery bodies of the event bus."""

from celery import shared_task

from devopsweb.events.actions import deliveries
from devopsweb.kernel import clock


@shared_task(name="events.dispatch")
def dispatch(event_id: int) -> None:
    """Deliver one event now."""
    deliveries.deliver_event(event_id, at=clock.now())


@shared_task(name="events.sweep")
def sweep() -> None:
    """Deliver what is overdue."""
    deliveries.deliver_due(at=clock.now())


@shared_task(name="events.expire")
def expire() -> None:
    """Delete events past their retention."""
    deliveries.expire(at=clock.now())
