"""Reads the feed of events."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from devopsweb.events.models import Event
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import NotFound
from devopsweb.kernel.paging import page

MAX_NEW = 100


class EventNotFound(NotFound):
    """No event has this id."""


@dataclass(frozen=True)
class Filter:
    """Which events: empty fields mean any. ``resource`` is an ARN or a part of one, ``who`` a name or ARN."""

    source: str = ""
    sources: tuple[str, ...] = ()
    detail_type: str = ""
    resource: str = ""
    who: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class EventInfo:
    """An event as pages show it; ``envelope`` is EventBridge's JSON."""

    id: str
    number: int
    source: str
    detail_type: str
    detail: dict[str, Any]
    resources: tuple[str, ...]
    principal_arn: str
    at: datetime
    envelope: dict[str, Any]


@dataclass(frozen=True)
class DeliveryInfo:
    """How an event fared with one handler."""

    handler: str
    state: str
    attempts: int
    due_at: datetime
    error: str


def told(row: Event) -> EventInfo:
    """A row as ``EventInfo``."""
    return EventInfo(
        id=str(row.uuid),
        number=row.pk,
        source=row.source,
        detail_type=row.detail_type,
        detail=row.detail["detail"],
        resources=tuple(row.resources),
        principal_arn=row.principal_arn,
        at=row.at,
        envelope=row.envelope,
    )


def feed(wanted: Filter, *, token: str = "", size: int = 50) -> tuple[list[EventInfo], str]:
    """A page of events, newest first, and the token of the next page (empty on the last one)."""
    found = page(_matching(wanted), token=token, size=size)
    return [told(row) for row in found.rows], found.next_token


def newer(wanted: Filter, *, than: int) -> int:
    """How many events matching ``wanted`` came after the one numbered ``than``; counts to 100."""
    return len(_matching(wanted).filter(pk__gt=than).values_list("pk")[:MAX_NEW])


def event(event_id: str) -> tuple[EventInfo, list[DeliveryInfo]]:
    """One event and its deliveries. Raises ``EventNotFound``."""
    try:
        row = Event.objects.filter(uuid=uuid.UUID(event_id)).first()
    except (ValueError, ValidationError):
        row = None
    if row is None:
        raise EventNotFound(f"There is no event {event_id[:40]!r}. Events are kept for 90 days.")
    deliveries = row.deliveries.order_by("pk")
    return told(row), [DeliveryInfo(d.handler, d.state, d.attempts, d.due_at, d.error) for d in deliveries]


def _matching(wanted: Filter) -> "QuerySet[Event]":
    rows = Event.objects.all()
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.sources:
        rows = rows.filter(source__in=wanted.sources)
    if wanted.detail_type:
        rows = rows.filter(detail_type=wanted.detail_type)
    if wanted.resource:
        exact = "resource_rows__arn" if wanted.resource.startswith("arn:") else "resource_rows__arn__contains"
        rows = rows.filter(pk__in=Event.objects.filter(**{exact: wanted.resource}).values("pk"))
    if wanted.who:
        names = [wanted.who, arn("iam", f"user/{wanted.who}"), arn("iam", f"role/service/{wanted.who}")]
        rows = rows.filter(principal_arn__in=names)
    if wanted.start:
        rows = rows.filter(at__gte=wanted.start)
    if wanted.end:
        rows = rows.filter(at__lt=wanted.end)
    return rows
