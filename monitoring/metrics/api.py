"""The front door of metrics: ``put`` from any app's actions, ``series`` to read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitoring.metrics import access, charts, links, queries
from monitoring.metrics.actions import points
from monitoring.metrics.charts import Figure, Line
from monitoring.metrics.engine.limits import InvalidMetric
from monitoring.metrics.engine.ranges import InvalidPeriod
from monitoring.metrics.engine.rows import InvalidRow, MetricRow, load, parse
from monitoring.metrics.engine.statistics import InvalidStatistic, is_percentile, reader
from monitoring.metrics.engine.windows import Window, window
from monitoring.metrics.queries import Request, Series
from monitoring.metrics.types import Datum, MetricInfo, Point

figure, lines, named = charts.figure, charts.lines, charts.named
load_row, parse_row = load, parse
may_read, require_read = access.may_read, access.read
range_links = links.ranges

__all__ = [
    "Datum",
    "Figure",
    "InvalidMetric",
    "InvalidPeriod",
    "InvalidRow",
    "InvalidStatistic",
    "Line",
    "MetricInfo",
    "MetricRow",
    "Point",
    "Request",
    "Series",
    "Window",
    "check_statistic",
    "figure",
    "is_percentile",
    "lines",
    "list_metrics",
    "load_row",
    "may_read",
    "named",
    "parse_row",
    "put",
    "range_links",
    "read",
    "require_read",
    "series",
    "window",
]


def put(data: Sequence[Datum]) -> None:
    """Store ``data``, all or nothing; joins the caller's transaction. Raises ``InvalidMetric``.

    Samples of the same metric and moment add up; nothing is overwritten.
    """
    points.put(data)


def series(
    *,
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    statistic: str,
    period: int,
    start: datetime,
    end: datetime,
) -> list[Point]:
    """The periods of [start, end) that have samples, oldest first; a gap stays a gap.

    Raises ``InvalidStatistic``, ``InvalidPeriod``.
    """
    request = queries.Request(namespace, name, dimensions, statistic)
    return queries.series([request], period=period, start=start, end=end)[0].points


def read(requests: Sequence[Request], *, period: int, start: datetime, end: datetime) -> list[Series]:
    """``series`` for many requests at once, in two queries; the answers stand in the requests' order."""
    return queries.series(requests, period=period, start=start, end=end)


def check_statistic(statistic: str) -> None:
    """Raise ``InvalidStatistic`` unless ``statistic`` can be read."""
    reader(statistic)


def list_metrics(
    *, namespace: str = "", name: str = "", dimensions: Mapping[str, str] | None = None
) -> list[MetricInfo]:
    """Metrics with data: all, of a namespace, of a name, having at least these dimensions."""
    return queries.metrics(namespace=namespace, name=name, dimensions=dimensions)
