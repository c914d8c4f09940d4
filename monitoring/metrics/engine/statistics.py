"""Aggregates of samples, and the statistics that are read from them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from devopsweb.kernel.errors import Invalid
from monitoring.metrics.engine.sketch import Sketch
from monitoring.metrics.types import Summary

_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")


class InvalidStatistic(Invalid):
    """There is no such statistic."""


@dataclass
class Aggregate:
    """The samples of one period of one series, folded; ``merge`` loses nothing."""

    count: float = 0
    sum: float = 0
    low: float = float("inf")
    high: float = float("-inf")
    sketch: Sketch = field(default_factory=Sketch)

    def add(self, value: float, count: float = 1) -> None:
        """Fold in one sample, ``count`` times."""
        self.count += count
        self.sum += value * count
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        self.sketch.add(value, count)

    def add_summary(self, summary: Summary) -> None:
        """Fold in samples of which only a summary is known."""
        self.count += summary.count
        self.sum += summary.sum
        self.low = min(self.low, summary.low)
        self.high = max(self.high, summary.high)
        if summary.low == summary.high:
            self.sketch.add(summary.low, summary.count)

    def merge(self, other: "Aggregate") -> None:
        """Fold in the samples of ``other``."""
        self.count += other.count
        self.sum += other.sum
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        self.sketch.merge(other.sketch)


_PLAIN: dict[str, Callable[[Aggregate], float]] = {
    "Average": lambda a: a.sum / a.count,
    "Sum": lambda a: a.sum,
    "Minimum": lambda a: a.low,
    "Maximum": lambda a: a.high,
    "SampleCount": lambda a: a.count,
}
STATISTICS = tuple(_PLAIN)


def reader(statistic: str) -> Callable[[Aggregate], float]:
    """The function that reads ``statistic`` (``Average``, ``p95`` …). Raises ``InvalidStatistic``.

    It gives NaN where the statistic is not known: a percentile of summaries.
    """
    if statistic in _PLAIN:
        return _PLAIN[statistic]
    match = _PERCENTILE.fullmatch(statistic)
    if match and float(match[1]) <= 100:
        share = float(match[1]) / 100
        return lambda a: (
            a.sketch.quantile(share, lowest=a.low, highest=a.high) if a.sketch.buckets else float("nan")
        )
    raise InvalidStatistic(f"{statistic!r} is not a statistic: use {', '.join(STATISTICS)} or p0 to p100.")


def is_percentile(statistic: str) -> bool:
    """Whether ``statistic`` needs the sketch."""
    return _PERCENTILE.fullmatch(statistic) is not None
