"""Reads the trail: newest first, by key, by what the columns say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from devopsweb.kernel.errors import NotFound
from devopsweb.kernel.paging import Page, page
from monitoring.trail.models import ChainHead, Record, RecordResource, Trail, TrailFile

MAX_NEW = 100


class RecordNotFound(NotFound):
    """No record has this id."""


@dataclass(frozen=True)
class Filter:
    """Which records: empty fields mean any. ``event`` is a name or a source, ``resource`` an ARN or a name."""

    who: str = ""
    event: str = ""
    source: str = ""
    resource: str = ""
    resource_type: str = ""
    event_id: str = ""
    access_key_id: str = ""
    refused: bool = False
    read_only: bool | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def scope(self) -> str:
        """Binds a page token to its filter."""
        return repr(self)


@dataclass(frozen=True)
class RecordInfo:
    """A record as pages and lookups show it."""

    sequence: int
    event_id: str
    at: datetime
    event_source: str
    event_name: str
    username: str
    principal_arn: str
    access_key_id: str
    source_ip: str
    error_code: str
    read_only: bool
    body: str = field(repr=False)

    @cached_property
    def record(self) -> dict[str, Any]:
        """The whole CloudTrail record."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def resources(self) -> list[dict[str, str]]:
        """The resources that the record names."""
        return list(self.record.get("resources", ()))


_COLUMNS = (
    "sequence", "event_id", "event_time", "event_source", "event_name", "username", "principal_arn",
    "access_key_id", "source_ip", "error_code", "read_only", "body",
)  # fmt: skip


def told(row: Record) -> RecordInfo:
    """A row as ``RecordInfo``."""
    return RecordInfo(*(getattr(row, column) for column in _COLUMNS))


def lookup(wanted: Filter, *, token: str = "", size: int = 50) -> Page[RecordInfo]:
    """A page of records, newest first. Raises ``InvalidToken``."""
    rows = matching(wanted).only(*_COLUMNS)
    found = page(rows, token=token, size=size, key="sequence", scope=f"trail:{wanted.scope}")
    return Page([told(row) for row in found.rows], found.next_token)


def newer(wanted: Filter, *, than: int) -> int:
    """How many records that match came after the one at that place; counts to 100."""
    return len(matching(wanted).filter(sequence__gt=than).values_list("sequence")[:MAX_NEW])


def record(event_id: str) -> RecordInfo:
    """One record. Raises ``RecordNotFound``."""
    row = Record.objects.filter(event_id=event_id).first()
    if row is None:
        raise RecordNotFound(f"There is no record {event_id[:64]!r} in the trail.")
    return told(row)


def neighbours(info: RecordInfo) -> Sequence[RecordInfo]:
    """The other records of the same request, oldest first."""
    request_id = info.record.get("requestID")
    if not request_id:
        return []
    near = Record.objects.filter(sequence__gt=info.sequence - 50, sequence__lt=info.sequence + 50)
    others = (told(row) for row in near.exclude(pk=info.sequence).order_by("sequence"))
    return [one for one in others if one.record.get("requestID") == request_id]


def matching(wanted: Filter) -> "QuerySet[Record]":
    """The records that match, unordered."""
    rows: QuerySet[Record] = Record.objects.all()
    for column, value in (("event_id", wanted.event_id), ("event_source", wanted.source)):
        rows = rows.filter(**{column: value}) if value else rows
    if wanted.access_key_id:
        rows = rows.filter(access_key_id=wanted.access_key_id)
    if wanted.who:
        by = "principal_arn" if wanted.who.startswith("arn:") else "username"
        # The name alone is indexed; of an ARN it is the last part.
        rows = rows.filter(username=wanted.who.rsplit("/", 1)[-1])
        rows = rows.filter(principal_arn=wanted.who) if by == "principal_arn" else rows
    if wanted.event:
        by = "event_source" if "." in wanted.event else "event_name"
        rows = rows.filter(**{by: wanted.event})
    if wanted.resource or wanted.resource_type:
        rows = rows.filter(pk__in=_about(wanted).values("record"))
    if wanted.refused:
        rows = rows.exclude(error_code="")
    if wanted.read_only is not None:
        rows = rows.filter(read_only=wanted.read_only)
    if wanted.start:
        rows = rows.filter(event_time__gte=wanted.start)
    return rows.filter(event_time__lte=wanted.end) if wanted.end else rows


def _about(wanted: Filter) -> "QuerySet[RecordResource]":
    rows: QuerySet[RecordResource] = RecordResource.objects.all()
    if wanted.resource.startswith("arn:"):
        rows = rows.filter(arn=wanted.resource)
    elif wanted.resource:
        rows = rows.filter(name=wanted.resource)
    return rows.filter(type=wanted.resource_type) if wanted.resource_type else rows


def sources() -> list[str]:
    """The services that the trail has met, by name; found by hopping along the index."""
    found: list[str] = []
    last = ""
    while len(found) < 100:
        following = (
            Record.objects.filter(event_source__gt=last).order_by("event_source").values_list("event_source", flat=True).first()
        )  # fmt: skip
        if following is None:
            break
        found.append(following)
        last = following
    return found


@dataclass(frozen=True)
class Chain:
    """Where the chain begins and ends, and up to when it is signed."""

    first: int
    last: int
    hash: str
    at: datetime | None
    digest_until: datetime | None

    @property
    def count(self) -> int:
        """How many records it has."""
        return self.last - self.first + 1


def chain() -> Chain:
    """The present state of the chain; it costs the same however long that is."""
    head = ChainHead.objects.filter(pk=1).first() or ChainHead()
    at = Record.objects.filter(pk=head.sequence).values_list("event_time", flat=True).first()
    signed = TrailFile.objects.filter(owner=TrailFile.HISTORY, kind=TrailFile.DIGEST).order_by("-ends_at")
    until = signed.values_list("ends_at", flat=True).first()
    return Chain(head.floor + 1, head.sequence, head.hash, at, until)


def trails() -> list[Trail]:
    """All trails, by name; there are five at most."""
    return list(Trail.objects.order_by("name"))


def files(*, owner: str, token: str, size: int) -> Page[TrailFile]:
    """A page of delivered files, newest first; of one trail (its ARN) or of all. Raises ``InvalidToken``."""
    rows: QuerySet[TrailFile] = TrailFile.objects.all()
    if owner:
        rows = rows.filter(owner=owner)
    return page(rows, token=token, size=size, scope=f"trail-files:{owner}")
