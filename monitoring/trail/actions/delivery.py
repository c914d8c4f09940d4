"""Carries copies of the records to where trails want them: files in the artifact store, lines in a log group."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from devopsweb.blobs import api as blobs
from devopsweb.kernel import clock
from devopsweb.kernel.errors import DevOpsWebError
from monitoring.logs import api as logs
from monitoring.trail.actions import digests
from monitoring.trail.engine import files
from monitoring.trail.models import ChainHead, Record, Trail, TrailFile

log = structlog.get_logger(__name__)

PER_FILE = 5_000
PER_APPEND = 1_000


def deliver_due(*, at: datetime) -> int:
    """Deliver what is due to every trail that logs; how many files."""
    made = 0
    for trail in Trail.objects.filter(is_logging=True).order_by("pk"):
        if trail.delivered_at is None or trail.delivered_at + files.EVERY <= at:
            made += deliver_files(trail, at=at)
        if trail.log_group_arn:
            _deliver_lines(trail, at=at)
    return made


def deliver_files(trail: Trail, *, at: datetime) -> int:
    """Deliver all that the trail has not had; how many files."""
    made = 0
    try:
        while _deliver_one(trail, at):
            made += 1
            trail.refresh_from_db()
    except OSError as error:
        log.warning("trail not delivered", trail=trail.name, error=str(error))
        Trail.objects.filter(pk=trail.pk).update(delivery_error=str(error)[:500])
    return made


def _deliver_one(trail: Trail, at: datetime) -> bool:
    """One file, with the move of the cursor; whether there was anything."""
    head = ChainHead.objects.filter(pk=1).first()
    if head is None or head.sequence <= trail.cursor:
        Trail.objects.filter(pk=trail.pk).update(delivered_at=at, delivery_error="")
        return False
    upto = min(head.sequence, trail.cursor + PER_FILE)
    rows = _wanted(trail, trail.cursor, upto)
    content = files.log_content(body for _, body in rows)
    blob = blobs.put([files.packed(content)]) if rows else None
    with transaction.atomic():
        mine = Trail.objects.filter(pk=trail.pk, cursor=trail.cursor)
        if not mine.update(cursor=upto, delivered_at=at, delivery_error=""):
            return False  # Another worker was first.
        if blob is not None:
            place, times = digests.place_of(trail), [when for when, _ in rows]
            TrailFile.objects.create(
                trail=trail,
                owner=trail.arn,
                kind=TrailFile.LOG,
                bucket=trail.bucket,
                key=place.log_key(at, files.unique_part(trail.arn, trail.cursor + 1, upto)),
                blob=blob.digest,
                size=blob.size,
                content_hash=files.hash_of(content),
                first=trail.cursor + 1,
                last=upto,
                count=len(rows),
                starts_at=min(times),
                ends_at=at,
                oldest_at=min(times),
                newest_at=max(times),
            )
    return True


def _wanted(trail: Trail, after: int, upto: int) -> list[tuple[datetime, str]]:
    """The records of that stretch that the trail's selectors let through."""
    if not trail.management_events:
        return []
    rows = Record.objects.filter(sequence__gt=after, sequence__lte=upto)
    if trail.read_write != Trail.ALL:
        rows = rows.filter(read_only=trail.read_write == Trail.READS)
    if trail.excluded_sources:
        rows = rows.exclude(event_source__in=trail.excluded_sources)
    if not trail.global_events:
        rows = rows.exclude(event_source__in=["iam.amazonaws.com", "sts.amazonaws.com"])
    return list(rows.order_by("sequence").values_list("event_time", "body"))


def _deliver_lines(trail: Trail, *, at: datetime) -> None:
    try:
        while _deliver_some_lines(trail, at):
            trail.refresh_from_db()
    except (DevOpsWebError, OSError) as error:
        log.warning("trail not delivered to its log group", trail=trail.name, error=str(error))
        Trail.objects.filter(pk=trail.pk).update(logs_error=str(error)[:500])


def _deliver_some_lines(trail: Trail, at: datetime) -> bool:
    """Append a batch of records as lines; those that are there already are passed over."""
    head = ChainHead.objects.filter(pk=1).first()
    if head is None or head.sequence <= trail.log_cursor:
        return False
    upto = min(head.sequence, trail.log_cursor + PER_APPEND)
    rows = _wanted(trail, trail.log_cursor, upto)
    stream = logs.create_stream(group=group_name(trail.log_group_arn), name=stream_name(trail), at=at)
    first = trail.log_lines
    if first > logs.info(stream).total:
        first = logs.info(stream).total  # The stream was deleted and begins anew.
    lines = [logs.Line(clock.millis(when), body) for when, body in rows]
    if lines:
        logs.append(stream_id=stream, first=first, lines=lines)
    mine = Trail.objects.filter(pk=trail.pk, log_cursor=trail.log_cursor)
    return bool(
        mine.update(log_cursor=upto, log_lines=first + len(lines), logs_delivered_at=at, logs_error="")
    )


def group_name(arn: str) -> str:
    """``arn:aws:logs:…:log-group:audit:*`` → ``audit``."""
    return arn.partition(":log-group:")[2].removesuffix(":*")


def stream_name(trail: Trail) -> str:
    """The stream that a trail writes to: CloudTrail's name and the trail's, for lines have one writer."""
    return f"{settings.DEVOPSWEB_ACCOUNT_ID}_CloudTrail_{settings.DEVOPSWEB_REGION}_{trail.name}"
