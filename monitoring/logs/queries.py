"""Reads of groups, streams and lines."""

import uuid
from collections.abc import Sequence

from django.db.models import Count, Max, QuerySet

from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.errors import StreamNotFound
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.types import LinePage, MarkPage, StreamInfo


def stream(stream_id: str) -> LogStream:
    """The row of a stream. Raises ``StreamNotFound``."""
    try:
        return LogStream.objects.select_related("group").get(uuid=uuid.UUID(stream_id))
    except (ValueError, LogStream.DoesNotExist):
        raise StreamNotFound("There is no such log stream; its retention may be over.") from None


def info(row: LogStream) -> StreamInfo:
    """A stream as others see it, with its present total."""
    folder = files.place(str(row.uuid))
    ended = files.is_ended(folder)
    return StreamInfo(
        id=str(row.uuid),
        group=row.group.name,
        name=row.name,
        total=files.extent(folder).lines,
        ended=ended,
        arn=row.arn,
        created_at=row.created_at,
    )


def lines(stream_id: str, *, start: int, limit: int) -> LinePage:
    """Up to ``limit`` lines from number ``start``; a negative start counts from the end."""
    folder = files.place(stream_id)
    ended = files.is_ended(folder)
    if start < 0:
        start = max(0, files.extent(folder).lines + start)
    block, reach = files.read(folder, start, limit)
    found = records.decode(block.data) if block.count else []
    return LinePage(found, start, reach.lines, ended)


def marks(stream_id: str) -> MarkPage:
    """Phases and failures of the stream as it is now."""
    folder = files.place(stream_id)
    ended = files.is_ended(folder)
    found, reach, last_ms = files.marks(folder)
    first, _ = files.read(folder, 0, 1)
    first_ms = records.time_of(first.data) if first.count else 0
    return MarkPage(found, reach.lines, ended, first_ms, last_ms)


def groups(text: str = "") -> QuerySet[LogGroup]:
    """Log groups whose name contains ``text``, with the number of their streams and the newest one's start."""
    rows = LogGroup.objects.annotate(stream_count=Count("streams"), newest_at=Max("streams__created_at"))
    return rows.filter(name__icontains=text) if text else rows


def streams(group: LogGroup, text: str = "") -> QuerySet[LogStream]:
    """Streams of ``group`` whose name contains ``text``."""
    rows = LogStream.objects.filter(group=group).select_related("group")
    return rows.filter(name__icontains=text) if text else rows


def totals(rows: Sequence[LogStream]) -> dict[int, int]:
    """Line counts by stream row; those of running streams come from their files."""
    return {
        row.pk: row.line_count if row.ended_at else files.extent(files.place(str(row.uuid))).lines
        for row in rows
    }
