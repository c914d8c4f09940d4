"""Reads of groups, streams and lines."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import Coalesce

from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.errors import GroupNotFound, StreamNotFound
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.types import LinePage, MarkPage, StreamInfo


def stream(stream_id: str) -> LogStream:
    """The row of a stream. Raises ``StreamNotFound``."""
    try:
        return LogStream.objects.select_related("group").get(uuid=uuid.UUID(stream_id))
    except (ValueError, LogStream.DoesNotExist):
        raise StreamNotFound("There is no such log stream; its retention may be over.") from None


def named_stream(group_name: str, name: str) -> LogStream:
    """The stream ``name`` of a group. Raises ``GroupNotFound``, ``StreamNotFound``."""
    row = LogStream.objects.select_related("group").filter(group__name=group_name, name=name).first()
    if row is None:
        if not LogGroup.objects.filter(name=group_name).exists():
            raise GroupNotFound("The specified log group does not exist.")
        raise StreamNotFound("The specified log stream does not exist.")
    return row


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


@dataclass(frozen=True)
class Span:
    """The times of a stream's oldest and newest events, and when the last one came; all in milliseconds."""

    first_ms: int
    last_ms: int
    ingested_ms: int


def span(row: LogStream) -> Span | None:
    """When a stream has events; None while it has none."""
    folder = files.place(str(row.uuid))
    block, _ = files.read(folder, 0, 1)
    if not block.count:
        return None
    written = int((folder / "lines").stat().st_mtime * 1000)
    if row.is_open:
        return Span(row.first_ms, row.last_ms, written)
    return Span(records.time_of(block.data), files.newest(folder), written)


def described(*, prefix: str = "", pattern: str = "", log_class: str = "") -> QuerySet[LogGroup]:
    """Log groups by the beginning or a part of their name (with regard to case), with their size."""
    rows = LogGroup.objects.annotate(size=Coalesce(Sum("streams__stored_bytes"), 0))
    if prefix:
        rows = rows.filter(name__regex=f"^{re.escape(prefix)}")
    if pattern:
        rows = rows.filter(name__regex=re.escape(pattern))
    return rows.filter(log_class=log_class) if log_class else rows


def beginning(group: LogGroup, prefix: str) -> QuerySet[LogStream]:
    """Streams of ``group`` whose name begins with ``prefix``."""
    rows = LogStream.objects.filter(group=group).select_related("group")
    return rows.filter(name__regex=f"^{re.escape(prefix)}") if prefix else rows


def totals(rows: Sequence[LogStream]) -> dict[int, int]:
    """Line counts by stream row; those of running streams come from their files."""
    return {
        row.pk: row.line_count if row.ended_at else files.extent(files.place(str(row.uuid))).lines
        for row in rows
    }
