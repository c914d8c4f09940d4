"""How long logs are kept, and their deletion."""

import shutil
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from monitoring.logs.adapters import files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.models import LogGroup, LogStream

log = structlog.get_logger(__name__)

# The periods that CloudWatch Logs accepts (PutRetentionPolicy).
DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
AT_ONCE = 200


def put(*, group: LogGroup, days: int | None) -> None:
    """Keep the group's streams for ``days`` after their end; None keeps them for ever."""
    LogGroup.objects.filter(pk=group.pk).update(retention_days=days)


def delete_expired(*, at: datetime) -> int:
    """Delete streams that ended (or, never closed, were last written) before their retention; how many.

    Streams of clients lose their events when the last of them has expired, and wait for more.
    """
    deleted = 0
    for group in LogGroup.objects.exclude(retention_days=None):
        limit = at - timedelta(days=group.retention_days or 0)
        mine = LogStream.objects.filter(group=group)
        over = mine.filter(Q(ended_at__lt=limit) | Q(ended_at=None, created_at__lt=limit), is_open=False)
        expired = mine.filter(is_open=True, line_count__gt=0, last_ms__lt=int(limit.timestamp() * 1000))
        for stream in expired.order_by("pk")[:AT_ONCE]:
            deleted += empty(stream=stream, older_than=int(limit.timestamp() * 1000))
        for stream in over.order_by("pk")[:AT_ONCE]:
            if stream.ended_at is None and _written_since(stream, limit):
                continue
            delete(stream=stream)
            deleted += 1
    return deleted


def empty(*, stream: LogStream, older_than: int) -> bool:
    """Delete the events of a stream and keep the stream, unless a newer one came; whether it did."""
    with Appender(files.place(str(stream.uuid))) as appender:
        if not appender.clear(older_than=older_than):
            return False
    fresh = {"line_count": 0, "stored_bytes": 0, "first_ms": 0, "last_ms": 0, "is_ordered": True}
    LogStream.objects.filter(pk=stream.pk, last_ms=stream.last_ms).update(**fresh)
    log.info("log stream emptied", stream=str(stream.uuid))
    return True


def delete(*, stream: LogStream) -> None:
    """Delete a stream: its files first, so that a kill in between leaves a row to try again with."""
    shutil.rmtree(files.place(str(stream.uuid)), ignore_errors=True)
    stream.delete()
    log.info("log stream deleted", stream=str(stream.uuid))


def _written_since(stream: LogStream, limit: datetime) -> bool:
    try:
        return (files.place(str(stream.uuid)) / "lines").stat().st_mtime > limit.timestamp()
    except FileNotFoundError:
        return False
