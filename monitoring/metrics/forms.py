"""What the address of the metric page says."""

from dataclasses import dataclass

from django.http import QueryDict

from monitoring.metrics.engine import rows, statistics
from monitoring.metrics.engine.rows import MetricRow

MAX_GRAPHED = 12
CHOICES = ("Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99")


@dataclass(frozen=True)
class Graph:
    """The metrics on the page and what could not be understood."""

    rows: list[MetricRow]
    problems: list[str]


def graph(query: QueryDict) -> Graph:
    """Rows from ``g`` (a metric row as JSON, repeated); ``stat`` beside each overrides its statistic."""
    texts, chosen = query.getlist("g"), query.getlist("stat")
    found: list[MetricRow] = []
    problems: list[str] = []
    for place, text in enumerate(texts[:MAX_GRAPHED]):
        try:
            row = rows.load(text)
            statistic = chosen[place] if place < len(chosen) else row.statistic or "Average"
            statistics.reader(statistic)
        except (rows.InvalidRow, statistics.InvalidStatistic) as error:
            problems.append(
                f"Metric {place + 1} {error}" if isinstance(error, rows.InvalidRow) else str(error)
            )
            continue
        found.append(rows.load(row.text(stat=statistic)))
    if len(texts) > MAX_GRAPHED:
        problems.append(f"A graph shows {MAX_GRAPHED} metrics at most; the others are left out.")
    return Graph(found, problems)
