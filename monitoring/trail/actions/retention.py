"""Takes away the oldest records: whole digests of them, so that what is left can still be verified."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from monitoring.trail.actions import digests
from monitoring.trail.models import ChainHead, Record, RecordResource, Trail, TrailFile

BATCH = 5_000


def expire(*, at: datetime) -> int:
    """Delete the records that are older than ``DEVOPSWEB_TRAIL_DAYS`` and under a digest; how many."""
    until = at - timedelta(days=settings.DEVOPSWEB_TRAIL_DAYS)
    old = TrailFile.objects.filter(owner=digests.HISTORY, kind=TrailFile.DIGEST, ends_at__lte=until)
    last = old.order_by("-ends_at").values_list("last", flat=True).first()
    undelivered = Trail.objects.filter(is_logging=True).aggregate(cursor=Min("cursor"))["cursor"]
    if last is None or (undelivered is not None and undelivered < last):
        return 0
    gone = 0
    while step := _step(last):
        gone += step
    return gone


def _step(last: int) -> int:
    """Delete one batch and move the floor with it."""
    with transaction.atomic():
        head = ChainHead.objects.select_for_update().filter(pk=1).first()
        if head is None or head.floor >= last:
            return 0
        upto = min(last, head.floor + BATCH)
        anchor = Record.objects.filter(pk=upto).values_list("hash", flat=True).first()
        if anchor is None:
            return 0  # Somebody took the row out; verification tells of it, and needs the rest.
        ChainHead.objects.filter(pk=1).update(floor=upto, floor_hash=anchor)
        RecordResource.objects.filter(record_id__lte=upto).forget()
        return Record.objects.filter(sequence__lte=upto).forget()
