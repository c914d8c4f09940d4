"""Folds samples into points of every resolution, and lets old points go."""

from collections import defaultdict
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from devopsweb.live import api as live
from monitoring.metrics.actions.points import columns
from monitoring.metrics.engine import ranges
from monitoring.metrics.engine.sketch import Sketch
from monitoring.metrics.engine.statistics import Aggregate
from monitoring.metrics.models import Point, Sample, Stream, Turnstile

BATCH = 500
Slot = tuple[int, int, int]


def fold(*, batches: int = 20) -> int:
    """Fold what was put since the last fold; how many samples that were."""
    total = 0
    if not Sample.objects.exists():
        return 0
    for _ in range(batches):
        folded = _fold_batch()
        total += folded
        if folded < BATCH:
            break
    if total:
        live.changed("metrics:all")
    return total


def _fold_batch() -> int:
    """Move one batch: samples go and points grow in one transaction, so that a kill loses nothing."""
    Turnstile.objects.get_or_create(pk=1)
    with transaction.atomic():
        Turnstile.objects.filter(pk=1).update(passes=F("passes") + 1)
        samples = list(Sample.objects.order_by("pk")[:BATCH])
        slots: dict[Slot, Aggregate] = defaultdict(Aggregate)
        for sample in samples:
            for resolution in ranges.RESOLUTIONS:
                start = sample.start // resolution * resolution
                slots[sample.stream_id, resolution, start].merge(aggregate(sample))
        _grow(slots)
        _note_last(slots)
        Sample.objects.filter(pk__in=[sample.pk for sample in samples]).delete()
    return len(samples)


def aggregate(row: Sample | Point) -> Aggregate:
    """A row as an aggregate."""
    return Aggregate(row.count, row.sum, row.low, row.high, Sketch.load(row.sketch))


def _grow(slots: dict[Slot, Aggregate]) -> None:
    if not slots:
        return
    present = Point.objects.filter(
        stream__in={stream for stream, _, _ in slots}, start__in={start for _, _, start in slots}
    )
    existing: dict[Slot, Point] = {(p.stream_id, p.resolution, p.start): p for p in present}
    fresh = []
    for (stream, resolution, start), added in slots.items():
        point = existing.get((stream, resolution, start))
        if point is None:
            fresh.append(Point(stream_id=stream, resolution=resolution, start=start, **columns(added)))
            continue
        added.merge(aggregate(point))
        for name, value in columns(added).items():
            setattr(point, name, value)
    Point.objects.bulk_create(fresh, batch_size=BATCH)
    grown = [point for slot, point in existing.items() if slot in slots]
    Point.objects.bulk_update(grown, ["count", "sum", "low", "high", "sketch"], batch_size=100)


def _note_last(slots: dict[Slot, Aggregate]) -> None:
    newest: dict[int, int] = {}
    for stream, resolution, start in slots:
        if resolution == ranges.RESOLUTIONS[0]:
            newest[stream] = max(start, newest.get(stream, 0))
    for stream, start in newest.items():
        at = datetime.fromtimestamp(start, UTC)
        Stream.objects.filter(pk=stream, last_at__lt=at).update(last_at=at)


def expire(*, at: datetime) -> None:
    """Delete points past their retention, and streams that have none left."""
    now = int(at.timestamp())
    for resolution, keep in ranges.RETENTION.items():
        Point.objects.filter(resolution=resolution, start__lt=now - keep).delete()
    oldest = datetime.fromtimestamp(now - ranges.RETENTION[3600], UTC)
    Stream.objects.filter(last_at__lt=oldest, point=None, sample=None).delete()
