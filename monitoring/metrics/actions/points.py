"""Puts data into streams."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction

from monitoring.metrics.engine import limits
from monitoring.metrics.engine.identity import metric_key, stream_key
from monitoring.metrics.engine.statistics import Aggregate
from monitoring.metrics.models import Sample, Stream
from monitoring.metrics.types import Datum

MINUTE = 60


def put(data: Sequence[Datum]) -> None:
    """Append ``data``, all or nothing. Raises ``InvalidMetric``."""
    for datum in data:
        limits.check(datum)
    folded: dict[tuple[str, int], Aggregate] = {}
    for datum in data:
        start = int(datum.at.timestamp()) // MINUTE * MINUTE
        aggregate = folded.setdefault((stream_key(datum), start), Aggregate())
        if datum.summary:
            aggregate.add_summary(datum.summary)
        else:
            aggregate.add(datum.value, datum.count)
    if not folded:
        return
    with transaction.atomic():
        streams = _streams({stream_key(datum): datum for datum in data})
        Sample.objects.bulk_create(
            Sample(stream_id=streams[key], start=start, **columns(aggregate))
            for (key, start), aggregate in sorted(folded.items())
        )


def columns(aggregate: Aggregate) -> dict[str, float | str]:
    """An aggregate as the columns of a row."""
    return {
        "count": aggregate.count,
        "sum": aggregate.sum,
        "low": aggregate.low,
        "high": aggregate.high,
        "sketch": aggregate.sketch.dump(),
    }


def _streams(wanted: Mapping[str, Datum]) -> dict[str, int]:
    known = dict(Stream.objects.filter(key__in=wanted).values_list("key", "pk"))
    missing = sorted(set(wanted) - set(known))
    if missing:
        Stream.objects.bulk_create([_stream(key, wanted[key]) for key in missing], ignore_conflicts=True)
        known.update(Stream.objects.filter(key__in=missing).values_list("key", "pk"))
    return known


def _stream(key: str, datum: Datum) -> Stream:
    return Stream(
        key=key,
        metric_key=metric_key(datum.namespace, datum.name, datum.dimensions),
        namespace=datum.namespace,
        name=datum.name,
        dimensions=dict(sorted(datum.dimensions.items())),
        unit=datum.unit,
        last_at=datetime.fromtimestamp(int(datum.at.timestamp()), UTC),
    )
