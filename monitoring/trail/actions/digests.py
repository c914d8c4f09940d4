"""Hourly digests: signed, each naming the one before, of the event history and of trails that ask for it.

The event history delivers no files of its own. Its digest covers the rows ``first`` … ``last`` of the
chain as if they were one log file; the file can be made again from the rows, to the byte.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min

from devopsweb.blobs import api as blobs
from monitoring.trail.actions import keys
from monitoring.trail.engine import chain, files
from monitoring.trail.engine.files import Digest, LogFile, Place, Previous
from monitoring.trail.models import ChainHead, Record, Trail, TrailFile

HISTORY = TrailFile.HISTORY
BUCKET = "devopsweb-event-history"
# Records of an hour may still be on their way when it ends.
GRACE = timedelta(minutes=1)
MOST_AT_ONCE = 200

Covering = tuple[tuple[LogFile, ...], dict[str, object], int, int]


def history_place() -> Place:
    """Where the digests of the event history lie."""
    return Place(settings.DEVOPSWEB_ACCOUNT_ID, settings.DEVOPSWEB_REGION, BUCKET)


def make_due(*, at: datetime) -> int:
    """Make every digest whose hour is over; how many. Safe to call twice, late or never."""
    made = _of_history(at)
    for trail in Trail.objects.filter(is_logging=True, validation=True):
        made += _of_trail(trail, at)
    return made


def _of_history(at: datetime) -> int:
    begins = Record.objects.order_by("sequence").values_list("event_time", flat=True).first()
    if begins is None:
        return 0
    return _hours(history_place(), HISTORY, HISTORY, None, begins, at, _rows_until)


def _of_trail(trail: Trail, at: datetime) -> int:
    place = place_of(trail)
    begins = trail.digest_until or trail.started_at or trail.created_at
    made = _hours(place, trail.name, trail.arn, trail, begins, at, _files_of(trail))
    if made:
        Trail.objects.filter(pk=trail.pk).update(digest_at=at)
    return made


def place_of(trail: Trail) -> Place:
    """Where the files of a trail lie."""
    return Place(settings.DEVOPSWEB_ACCOUNT_ID, settings.DEVOPSWEB_REGION, trail.bucket, trail.prefix)


def _hours(
    place: Place,
    name: str,
    owner: str,
    trail: Trail | None,
    begins: datetime,
    at: datetime,
    cover: Callable[[TrailFile | None, datetime, datetime], Covering],
) -> int:
    made = 0
    for _ in range(MOST_AT_ONCE):
        last = last_digest(owner)
        start = last.ends_at if last else files.floor(begins, files.HOUR)
        if start + files.HOUR + GRACE > at:
            break
        made += _write(place, name, owner, trail, last, start, cover(last, start, start + files.HOUR), at)
    return made


def last_digest(owner: str) -> TrailFile | None:
    """The newest digest of a chain of digests."""
    return TrailFile.objects.filter(owner=owner, kind=TrailFile.DIGEST).order_by("-ends_at").first()


def _write(
    place: Place,
    name: str,
    owner: str,
    trail: Trail | None,
    last: TrailFile | None,
    start: datetime,
    covering: Covering,
    at: datetime,
) -> int:
    found, told, first, final = covering
    key, end = keys.current(at=at), start + files.HOUR
    previous = Previous(last.bucket, last.key, last.content_hash, last.signature) if last else Previous()
    where = place.digest_key(name, end)
    digest = Digest(
        place.account, start, end, place.bucket, where, key.fingerprint, previous, found, told or None
    )
    content = digest.content()
    signature = keys.sign(
        key,
        files.to_sign(
            end=files.wire(end) or "",
            bucket=place.bucket,
            key=where,
            content=content,
            previous_signature=previous.signature or None,
        ),
    )
    blob = blobs.put([files.packed(content)])
    _, is_new = TrailFile.objects.get_or_create(
        bucket=place.bucket,
        key=where,
        defaults={
            "trail": trail,
            "owner": owner,
            "kind": TrailFile.DIGEST,
            "blob": blob.digest,
            "size": blob.size,
            "content_hash": files.hash_of(content),
            "signature": signature,
            "first": first,
            "last": final,
            "count": max(0, final - first + 1),
            "starts_at": start,
            "ends_at": end,
        },
    )
    return int(is_new)


def _rows_until(last: TrailFile | None, start: datetime, end: datetime) -> Covering:
    """The rows behind the last digest whose calls were made before ``end``."""
    head = ChainHead.objects.filter(pk=1).first()
    before = last.last if last else (head.floor if head else 0)
    rows = Record.objects.filter(sequence__gt=before)
    final = rows.filter(event_time__lt=end).aggregate(last=Max("sequence"))["last"] or before
    if final == before:
        return (
            (),
            {"firstSequence": None, "lastSequence": before, "lastHash": _hash_at(before)},
            before + 1,
            before,
        )
    content_hash, oldest, newest = history_file(before + 1, final)
    name = history_place().log_key(end, files.unique_part(HISTORY, before + 1, final))
    told = {"firstSequence": before + 1, "lastSequence": final, "lastHash": _hash_at(final)}
    return (LogFile(BUCKET, name, content_hash, oldest, newest),), told, before + 1, final


def history_file(first: int, last: int) -> tuple[str, datetime | None, datetime | None]:
    """The hash of the log file that the rows make, and the times of its oldest and newest record."""
    rows = Record.objects.filter(sequence__gte=first, sequence__lte=last)
    times = rows.aggregate(oldest=Min("event_time"), newest=Max("event_time"))
    bodies = rows.order_by("sequence").values_list("body", flat=True)
    return files.hash_of(files.log_content(bodies.iterator())), times["oldest"], times["newest"]


def _hash_at(sequence: int) -> str:
    if found := Record.objects.filter(pk=sequence).values_list("hash", flat=True).first():
        return str(found)
    head = ChainHead.objects.filter(pk=1, floor=sequence).first()
    return head.floor_hash if head else chain.GENESIS


def _files_of(trail: Trail) -> Callable[[TrailFile | None, datetime, datetime], Covering]:
    def cover(last: TrailFile | None, start: datetime, end: datetime) -> Covering:
        rows = TrailFile.objects.filter(
            owner=trail.arn, kind=TrailFile.LOG, ends_at__gte=start, ends_at__lt=end
        )
        found = tuple(
            LogFile(row.bucket, row.key, row.content_hash, row.oldest_at, row.newest_at)
            for row in rows.order_by("ends_at", "pk")
        )
        return found, {}, 0, 0

    return cover


def begin(trail: Trail, *, at: datetime) -> None:
    """A chain of digests begins where the trail begins to ask for them."""
    with transaction.atomic():
        Trail.objects.filter(pk=trail.pk, digest_until=None).update(digest_until=at)
