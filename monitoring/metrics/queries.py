"""Reads metrics."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q

from monitoring.metrics.engine import ranges, statistics
from monitoring.metrics.engine.identity import metric_key
from monitoring.metrics.engine.sketch import Sketch
from monitoring.metrics.engine.statistics import Aggregate
from monitoring.metrics.models import Point, Sample, Stream
from monitoring.metrics.types import MetricInfo
from monitoring.metrics.types import Point as SeriesPoint

_COLUMNS = ("stream_id", "start", "count", "sum", "low", "high")


@dataclass(frozen=True)
class Request:
    """One metric to read: its name and the statistic wanted of it."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Average"
    unit: str = ""

    @property
    def key(self) -> str:
        """The metric's identity."""
        return metric_key(self.namespace, self.name, self.dimensions)


@dataclass(frozen=True)
class Series:
    """The answer to a ``Request``; periods without samples have no point."""

    request: Request
    unit: str
    points: list[SeriesPoint]


def series(requests: Sequence[Request], *, period: int, start: datetime, end: datetime) -> list[Series]:
    """Read all ``requests`` over [start, end) in two queries, whatever their number.

    Periods count from ``start``, which is rounded down to a minute. When a metric has
    several units and the request names none, the first by name answers.
    Raises ``InvalidStatistic``, ``InvalidPeriod``.
    """
    ranges.check_period(period)
    readers = [statistics.reader(request.statistic) for request in requests]
    first = int(start.timestamp()) // 60 * 60
    streams = _streams(requests)
    # Only percentiles need the sketches, which are most of a row.
    columns = (
        (*_COLUMNS, "sketch") if any(statistics.is_percentile(r.statistic) for r in requests) else _COLUMNS
    )
    window = Q(stream__in=[s.pk for s in streams], start__gte=first, start__lt=int(end.timestamp()))
    found = _aggregates(window, columns, period=period, first=first)
    answers = []
    for request, read in zip(requests, readers, strict=True):
        stream = _chosen(request, streams, found)
        rows = found.get(stream.pk, {}) if stream else {}
        values = ((at, read(folded)) for at, folded in sorted(rows.items()))
        points = [
            SeriesPoint(datetime.fromtimestamp(at, UTC), value)
            for at, value in values
            if not math.isnan(value)
        ]
        answers.append(Series(request, stream.unit if stream else "None", points))
    return answers


def units(metrics_: Iterable[tuple[str, str, Mapping[str, str]]]) -> dict[str, list[str]]:
    """``{metric key: the units it was put with}`` of metrics (namespace, name, dimensions)."""
    keys = {metric_key(*one) for one in metrics_}
    found: dict[str, list[str]] = {key: [] for key in keys}
    for key, unit in (
        Stream.objects.filter(metric_key__in=keys).order_by("unit").values_list("metric_key", "unit")
    ):
        found[key].append(unit)
    return found


def listed(
    *,
    namespace: str = "",
    name: str = "",
    dimensions: Sequence[tuple[str, str | None]] = (),
    since: datetime,
    after: int = 0,
    limit: int,
) -> tuple[list[Stream], int]:
    """Metrics with samples since ``since`` that have these dimensions (None: whatever value), and where to go on.

    One stream stands for each metric, whatever its units; 0 says that there are no more.
    """
    wanted = Q(last_at__gte=since)
    if namespace:
        wanted &= Q(namespace=namespace)
    if name:
        wanted &= Q(name=name)
    earlier = Stream.objects.filter(wanted, metric_key=OuterRef("metric_key"), pk__lt=OuterRef("pk"))
    rows = Stream.objects.filter(wanted, pk__gt=after).exclude(Exists(earlier)).order_by("pk")
    found: list[Stream] = []
    for row in rows.iterator():
        if any(
            row.dimensions.get(key) is None or value not in (None, row.dimensions[key])
            for key, value in dimensions
        ):
            continue
        if len(found) == limit:
            return found, found[-1].pk
        found.append(row)
    return found, 0


def _streams(requests: Sequence[Request]) -> list[Stream]:
    return list(Stream.objects.filter(metric_key__in={r.key for r in requests}).order_by("unit"))


def _chosen(
    request: Request, streams: list[Stream], found: Mapping[int, dict[int, Aggregate]]
) -> Stream | None:
    mine = [s for s in streams if s.metric_key == request.key and request.unit in ("", s.unit)]
    return next((s for s in mine if s.pk in found), mine[0] if mine else None)


def _aggregates(
    window: Q, columns: Sequence[str], *, period: int, first: int
) -> dict[int, dict[int, Aggregate]]:
    """``{stream: {period start: aggregate}}``: points and the samples that are not folded yet.

    One statement reads both tables, so that a fold between them can neither hide nor double a sample.
    """
    resolution = ranges.resolution_for(period=period, start=first)
    points = Point.objects.filter(window, resolution=resolution).values_list(*columns)
    samples = Sample.objects.filter(window).values_list(*columns)
    found: dict[int, dict[int, Aggregate]] = defaultdict(dict)
    for stream, start, count, total, low, high, *sketch in points.union(samples, all=True):
        slot = first + (start - first) // period * period
        found[stream].setdefault(slot, Aggregate()).merge(
            Aggregate(count, total, low, high, Sketch.load(*sketch))
        )
    return found


def metrics(
    *, namespace: str = "", name: str = "", dimensions: Mapping[str, str] | None = None, text: str = ""
) -> list[MetricInfo]:
    """Metrics by exact namespace, name and some of their dimensions, or by a text found in any of them."""
    rows = Stream.objects.order_by("namespace", "name", "metric_key", "unit")
    if namespace:
        rows = rows.filter(namespace=namespace)
    if name:
        rows = rows.filter(name=name)
    wanted = dict(dimensions or {})
    words = text.lower().split()
    seen: dict[str, MetricInfo] = {}
    for row in rows.iterator():
        haystack = f"{row.namespace} {row.name} {row.dimensions}".lower()
        if wanted.items() <= row.dimensions.items() and all(word in haystack for word in words):
            seen.setdefault(
                row.metric_key,
                MetricInfo(row.namespace, row.name, row.dimensions, row.unit, row.last_at),
            )
    return list(seen.values())
