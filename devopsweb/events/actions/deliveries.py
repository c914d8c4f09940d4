"""Delivers events to their handlers, each exactly as often as needed."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from devopsweb.events import api
from devopsweb.events.models import Delivery

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
MAX_BACKOFF = timedelta(minutes=10)


def deliver_event(event_id: int, *, at: datetime) -> None:
    """Deliver one event to every handler that it is still owed to."""
    for delivery in Delivery.objects.filter(event_id=event_id, delivered_at=None, due_at__lte=at):
        deliver(delivery, at=at)


def deliver_due(*, at: datetime, limit: int = 200) -> None:
    """Deliver whatever is due, oldest first: the safety net under lost jobs."""
    due = Delivery.objects.filter(delivered_at=None, due_at__lte=at).order_by("due_at")
    for delivery in due.select_related("event")[:limit]:
        deliver(delivery, at=at)


def deliver(delivery: Delivery, *, at: datetime) -> None:
    """Call the handler unless another worker holds the delivery's lease."""
    claimed = Delivery.objects.filter(pk=delivery.pk, delivered_at=None, due_at=delivery.due_at).update(
        due_at=at + LEASE, attempts=delivery.attempts + 1
    )
    if not claimed:
        return
    handler = api.handler(delivery.event.type, delivery.handler)
    if handler is None:
        _finish(delivery, at=at, error="The handler is gone.")
        return
    try:
        with transaction.atomic():
            handler(api.typed(delivery.event))
            _finish(delivery, at=at)
    except Exception as error:  # a broken handler must not hold back the others
        log.exception("event handler failed", handler=delivery.handler, event_id=delivery.event_id)
        backoff = min(timedelta(seconds=2**delivery.attempts), MAX_BACKOFF)
        Delivery.objects.filter(pk=delivery.pk).update(
            due_at=at + backoff, error=f"{type(error).__name__}: {error}"[:2000]
        )


def _finish(delivery: Delivery, *, at: datetime, error: str = "") -> None:
    Delivery.objects.filter(pk=delivery.pk).update(delivered_at=at, error=error)
