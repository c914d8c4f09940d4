"""Queues messages and delivers them, each at least once and normally exactly once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction

from monitoring.notifications.adapters import mail, queue
from monitoring.notifications.engine import retries
from monitoring.notifications.models import Notification
from monitoring.notifications.states import NOTIFICATION, NotificationState

log = structlog.get_logger(__name__)

# A worker that is silent for so long is taken for dead, and its message is sent again.
LEASE = timedelta(minutes=2)
OPEN = [NotificationState.QUEUED, NotificationState.SENDING]
KEEP = timedelta(days=90)


def queue_email(*, to: Sequence[str], subject: str, text: str, at: datetime) -> list[int]:
    """Record one message per recipient in the present transaction; they leave on its commit."""
    rows = [
        Notification.objects.create(
            recipient=address, subject=subject[:300], text=text, due_at=at, created_at=at
        )
        for address in dict.fromkeys(to)
    ]
    for row in rows:
        transaction.on_commit(partial(queue.send, row.pk))
    return [row.pk for row in rows]


def deliver(notification_id: int, *, at: datetime) -> None:
    """Send one message if it is due and no other worker is at it."""
    row = Notification.objects.filter(pk=notification_id, status__in=OPEN, due_at__lte=at).first()
    if row is None:
        return
    claimed = Notification.objects.filter(pk=row.pk, status=row.status, due_at=row.due_at).update(
        status=NotificationState.SENDING, due_at=at + LEASE, attempts=row.attempts + 1
    )
    if not claimed:
        return
    row.attempts += 1
    try:
        mail.send(to=row.recipient, subject=row.subject, text=row.text, reference=str(row.pk))
    except Exception as error:  # mail back ends raise what they like; the row must say it
        log.exception("mail not handed over", notification=row.pk)
        _failed(row, f"{type(error).__name__}: {error}", at=at)
        return
    NOTIFICATION.move(row, NotificationState.SENT, sent_at=at, error="")


def _failed(row: Notification, error: str, *, at: datetime) -> None:
    delay = retries.delay_after(row.attempts)
    log.warning("notification not sent", notification=row.pk, attempts=row.attempts, error=error)
    if delay is None:
        NOTIFICATION.move(row, NotificationState.FAILED, error=error[:2000])
    else:
        NOTIFICATION.move(row, NotificationState.QUEUED, error=error[:2000], due_at=at + delay)


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Enqueue again whatever is due: retries, lost jobs, messages of dead workers."""
    due = Notification.objects.filter(status__in=OPEN, due_at__lte=at).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    for pk in ids:
        if not queue.send(pk):
            break
    return len(ids)


def retry(row: Notification, *, at: datetime) -> bool:
    """Give a failed message a fresh start; False when it has not failed."""
    moved = NOTIFICATION.move(row, NotificationState.QUEUED, due_at=at, attempts=0)
    if moved:
        transaction.on_commit(partial(queue.send, row.pk))
    return moved


def expire(*, at: datetime) -> None:
    """Delete old messages that are sent or given up."""
    Notification.objects.exclude(status__in=OPEN).filter(created_at__lt=at - KEEP).delete()
