"""Streams begin, grow and end."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from devopsweb.live import api as live
from monitoring.logs.adapters import files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.adapters.bell import bell
from monitoring.logs.errors import InvalidName, StreamExists
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.types import Line

GROUP_NAME = re.compile(r"[A-Za-z0-9_\-/.#]{1,512}")
_STREAM = re.compile(r"[^:*\x00-\x1f]{1,512}")


def create(*, group: str, name: str, at: datetime) -> str:
    """The id of the stream ``name`` in ``group``; both are made unless they exist.

    Raises ``InvalidName``.
    """
    if not GROUP_NAME.fullmatch(group):
        raise InvalidName(f"{group!r} is no log group name: 1 to 512 of A-Z a-z 0-9 _ - / . # are allowed.")
    if not _STREAM.fullmatch(name):
        raise InvalidName(f"{name!r} is no log stream name: 1 to 512 characters without : and * are allowed.")
    with transaction.atomic():
        folder, _ = LogGroup.objects.get_or_create(name=group, defaults={"created_at": at})
        begun = int(at.timestamp() * 1000)
        fresh = {"created_at": at, "first_ms": begun, "last_ms": begun}
        stream, is_new = LogStream.objects.get_or_create(group=folder, name=name, defaults=fresh)
        if is_new:
            live.changed("logs:all")
    return str(stream.uuid)


def create_open(group: LogGroup, name: str, *, at: datetime) -> LogStream:
    """A stream into which clients put events. Raises ``StreamExists``, ``InvalidName``."""
    if not _STREAM.fullmatch(name):
        raise InvalidName(f"{name!r} is no log stream name: 1 to 512 characters without : and * are allowed.")
    try:
        with transaction.atomic():
            row = LogStream.objects.create(group=group, name=name, created_at=at, is_open=True)
    except IntegrityError:
        raise StreamExists("The specified log stream already exists") from None
    live.changed("logs:all")
    return row


def append(*, stream_id: str, first: int, lines: Sequence[Line]) -> int:
    """Store ``lines`` from number ``first`` on, skipping those already there; the new total."""
    with Appender(files.place(stream_id)) as appender:
        total = appender.append(first, lines)
    bell.ring(stream_id, total)
    return total


def close(*, stream_id: str) -> None:
    """End the stream: no more lines come. Closing twice does nothing."""
    with Appender(files.place(stream_id)) as appender:
        total = appender.end()
    size = files.extent(files.place(stream_id)).end
    newest = files.newest(files.place(stream_id))
    mine = LogStream.objects.filter(uuid=stream_id, ended_at=None)
    ended = {"ended_at": timezone.now(), "line_count": total, "stored_bytes": size}
    mine.update(**ended, **({"last_ms": newest} if newest else {}))
    live.changed(f"log:{stream_id}", "logs:all")
    bell.ring(stream_id, total)
