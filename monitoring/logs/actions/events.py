"""Clients put events into the streams that they made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, F, Value, When
from django.db.models.functions import Greatest, Least

from devopsweb.live import api as live
from monitoring.logs.adapters import files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.adapters.bell import bell
from monitoring.logs.engine import batches
from monitoring.logs.engine.batches import Event, Judged
from monitoring.logs.errors import InvalidEvents
from monitoring.logs.models import LogStream
from monitoring.logs.types import Line


def put(stream: LogStream, events: Sequence[Event], *, at: datetime) -> tuple[Judged, int]:
    """Store those of ``events`` that are neither too old nor too new; what became of them, and the new total.

    Raises ``InvalidEvents``, ``StreamEnded``, ``StoreUnwritable``.
    """
    if not stream.is_open:
        raise InvalidEvents(
            "The log stream belongs to a program of this installation; nobody else writes it."
        )
    now_ms = int(at.timestamp() * 1000)
    judged = batches.judge(events, now_ms=now_ms, retention_days=stream.group.retention_days)
    lines = [Line(time, text, ingested_ms=now_ms) for time, text in events[judged.first : judged.end]]
    with Appender(files.place(str(stream.uuid))) as appender:
        if not lines:
            return judged, appender.total()
        total, in_order = appender.extend(lines)
    _note(stream, lines, total=total, in_order=in_order)
    bell.ring(str(stream.uuid), total)
    return judged, total


def _note(stream: LogStream, lines: Sequence[Line], *, total: int, in_order: bool) -> None:
    oldest, newest = lines[0].at_ms, lines[-1].at_ms
    size = sum(len(line.text.encode("utf-8", "replace")) + batches.OVERHEAD for line in lines)
    number = BigIntegerField()
    low = Value(oldest, number)
    earlier = Case(When(first_ms=0, then=low), default=Least(F("first_ms"), low), output_field=number)
    changes: dict[str, Any] = {} if in_order else {"is_ordered": False}
    LogStream.objects.filter(pk=stream.pk).update(
        line_count=Greatest(F("line_count"), Value(total, number), output_field=number),
        stored_bytes=F("stored_bytes") + size,
        first_ms=earlier,
        last_ms=Greatest(F("last_ms"), Value(newest, number)),
        **changes,
    )
    live.changed(f"log:{stream.uuid}", "logs:all")
