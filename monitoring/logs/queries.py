"""Reads of groups, streams and lines."""

import uuid

from monitoring.logs.adapters import files
from monitoring.logs.engine import records
from monitoring.logs.errors import StreamNotFound
from monitoring.logs.models import LogStream
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
    return MarkPage(found, reach.lines, ended, last_ms)
