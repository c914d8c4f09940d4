"""Words of metrics that cross to other apps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Summary:
    """Samples of which only this is known; percentiles need the samples themselves, unless all are equal."""

    count: float
    sum: float
    low: float
    high: float


@dataclass(frozen=True)
class Datum:
    """One sample of a metric: a value at a moment, ``count`` times; or, in its place, a ``summary``."""

    namespace: str
    name: str
    value: float
    at: datetime
    unit: str = "None"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    count: float = 1
    summary: Summary | None = None


@dataclass(frozen=True)
class Point:
    """One period of a series, stamped with the period's start."""

    at: datetime
    value: float


@dataclass(frozen=True)
class MetricInfo:
    """A metric that has data, and the unit it was last put with."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    last_at: datetime
