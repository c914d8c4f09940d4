"""Delivers events to their handlers, each exactly as often as needed.

A delivery is claimed by moving its ``due_at`` ahead (the lease) and counting the attempt. The handler
and the receipt commit together, and the receipt counts only for the attempt that was claimed: what a
handler writes to the database happens once, even if its worker is killed or outlives its lease.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from devopsweb.events import api
from devopsweb.events.models import Delivery, Event

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
MAX_BACKOFF = timedelta(minutes=10)
# The first nine waits double up to ten minutes; all of them together last about three hours.
MAX_ATTEMPTS = 24
RETENTION = timedelta(days=90)
BATCH = 500


class LeaseLost(Exception):
    """Another worker took the delivery over; what this one did is rolled back."""


def owed() -> "QuerySet[Delivery]":
    """Deliveries that are neither delivered nor given up."""
    return Delivery.objects.filter(delivered_at=None, dead_at=None)


def deliver_event(event_id: int, *, at: datetime) -> None:
    """Deliver one event to every handler that it is still owed to, in the order of subscription.

    First attempts do not wait for ``due_at``: the publisher's clock may run ahead of ours.
    """
    now_due = owed().filter(Q(due_at__lte=at) | Q(attempts=0), event_id=event_id)
    for delivery in now_due.select_related("event").order_by("pk"):
        deliver(delivery, at=at)


def deliver_due(*, at: datetime, limit: int = 200) -> int:
    """Deliver whatever is due, oldest first: the safety net under lost jobs; how many were looked at."""
    due = list(owed().filter(due_at__lte=at).order_by("due_at", "pk").select_related("event")[:limit])
    for delivery in due:
        deliver(delivery, at=at)
    return len(due)


def deliver(delivery: Delivery, *, at: datetime) -> None:
    """Call the handler unless another worker holds the delivery's lease."""
    claimed = (
        owed()
        .filter(pk=delivery.pk, due_at=delivery.due_at, attempts=delivery.attempts)
        .update(due_at=at + LEASE, attempts=delivery.attempts + 1)
    )
    if not claimed:
        return
    delivery.attempts += 1
    handler = api.handler(delivery.event.type, delivery.handler)
    if handler is None:
        _settle(delivery, dead_at=at, error="The handler is gone.")
        return
    try:
        with transaction.atomic():
            handler(api.typed(delivery.event))
            if not _settle(delivery, delivered_at=at, error=""):
                raise LeaseLost
    except LeaseLost:
        log.warning("event handler outlived its lease", handler=delivery.handler, event_id=delivery.event_id)
    except Exception as error:  # noqa: BLE001  a broken handler must not hold back the others
        _failed(delivery, error, at=at)


def _failed(delivery: Delivery, error: Exception, *, at: datetime) -> None:
    log.exception("event handler failed", handler=delivery.handler, event_id=delivery.event_id)
    text = f"{type(error).__name__}: {error}"[:2000]
    if delivery.attempts >= MAX_ATTEMPTS:
        _settle(delivery, dead_at=at, error=text)
        return
    backoff = min(timedelta(seconds=int(2 ** min(delivery.attempts, 10))), MAX_BACKOFF)
    _settle(delivery, due_at=at + backoff, error=text)


def _settle(delivery: Delivery, **fields: object) -> bool:
    """Write the outcome of the attempt; False when it is no longer the current one."""
    mine = owed().filter(pk=delivery.pk, attempts=delivery.attempts)
    return bool(mine.update(**fields))


def revive(delivery: Delivery, *, at: datetime) -> bool:
    """Give a dead delivery a fresh start; False when it is not dead."""
    revived = Delivery.objects.filter(pk=delivery.pk, dead_at__isnull=False).update(
        dead_at=None, due_at=at, attempts=0
    )
    return bool(revived)


def expire(*, at: datetime, limit: int = 20_000) -> int:
    """Delete events older than 90 days that are owed to nobody; how many."""
    gone = 0
    while gone < limit:
        old = Event.objects.filter(at__lt=at - RETENTION).exclude(pk__in=owed().values("event"))
        ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        Event.objects.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone
