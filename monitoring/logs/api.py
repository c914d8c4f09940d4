"""The front door of logs: streams of numbered lines, appended once, read by anybody's cursor."""

from monitoring.logs import queries
from monitoring.logs.actions.streams import append, close
from monitoring.logs.actions.streams import create as create_stream
from monitoring.logs.engine.ansi import plain
from monitoring.logs.errors import (
    InvalidName,
    LineGap,
    StoreUnwritable,
    StreamEnded,
    StreamNotFound,
    WriterFenced,
)
from monitoring.logs.types import Line, LinePage, Mark, MarkPage, StreamInfo
from monitoring.logs.writer import Writer

__all__ = [
    "InvalidName",
    "Line",
    "LineGap",
    "LinePage",
    "Mark",
    "MarkPage",
    "StoreUnwritable",
    "StreamEnded",
    "StreamInfo",
    "StreamNotFound",
    "Writer",
    "WriterFenced",
    "append",
    "close",
    "create_stream",
    "info",
    "marks",
    "plain",
    "read",
]


def info(stream_id: str) -> StreamInfo:
    """A stream with its present total. Raises ``StreamNotFound``."""
    return queries.info(queries.stream(stream_id))


def read(*, stream_id: str, start: int, limit: int) -> LinePage:
    """Up to ``limit`` lines from number ``start`` (negative: from the end)."""
    return queries.lines(stream_id, start=start, limit=limit)


def marks(*, stream_id: str) -> MarkPage:
    """Where phases start and end and where failures begin."""
    return queries.marks(stream_id)
