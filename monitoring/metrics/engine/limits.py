"""What a datum may look like (CloudWatch's limits)."""

import math
import re
from datetime import datetime, timedelta

from devopsweb.kernel.errors import Invalid
from monitoring.metrics.types import Datum

MAX_DIMENSIONS = 30
MAX_MAGNITUDE = 2.0**360
_NAMESPACE = re.compile(r"[A-Za-z0-9._\-/#: ]{1,255}")
_PER_SECOND = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
               "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Count"]  # fmt: skip
UNITS = frozenset(
    ["Seconds", "Microseconds", "Milliseconds", "Percent", "None", *_PER_SECOND]
    + [f"{unit}/Second" for unit in _PER_SECOND]
)


PAST, FUTURE = timedelta(days=14), timedelta(hours=2)


class InvalidMetric(Invalid):
    """A datum breaks one of CloudWatch's rules; nothing of its batch was stored."""


def check(datum: Datum) -> None:
    """Raise ``InvalidMetric`` unless ``datum`` keeps every rule."""
    if not _NAMESPACE.fullmatch(datum.namespace) or not datum.namespace.strip():
        raise InvalidMetric(
            f"The namespace {datum.namespace[:80]!r} must have 1 to 255 letters, digits or . - _ / # :"
        )
    if not 1 <= len(datum.name) <= 255 or not datum.name.strip():
        raise InvalidMetric("A metric name must have 1 to 255 characters.")
    known = datum.summary
    values = (known.count, known.sum, known.low, known.high) if known else (datum.value, datum.count)
    for value in values:
        if not math.isfinite(value) or abs(value) > MAX_MAGNITUDE:
            raise InvalidMetric(f"The value {value} of {datum.name} is not a number that can be stored.")
    if (known.count if known else datum.count) <= 0:
        raise InvalidMetric(f"The number of samples of {datum.name} must be greater than 0.")
    if known and known.low > known.high:
        raise InvalidMetric(f"The minimum of {datum.name} is greater than its maximum.")
    if datum.unit not in UNITS:
        raise InvalidMetric(f"{datum.unit!r} is not a unit of CloudWatch.")
    if datum.at.tzinfo is None:
        raise InvalidMetric(f"The time of {datum.name} names no time zone.")
    _check_dimensions(datum)


def check_time(datum: Datum, at: datetime) -> None:
    """Raise ``InvalidMetric`` for a moment too far from ``at`` for clients' samples."""
    if datum.at < at - PAST or datum.at > at + FUTURE:
        raise InvalidMetric(
            f"The timestamp of {datum.name} must be between two weeks ago and two hours ahead of now."
        )


def _check_dimensions(datum: Datum) -> None:
    if len(datum.dimensions) > MAX_DIMENSIONS:
        raise InvalidMetric(
            f"{datum.name} has {len(datum.dimensions)} dimensions; at most {MAX_DIMENSIONS} are possible."
        )
    for name, value in datum.dimensions.items():
        if not 1 <= len(name) <= 255 or name.startswith(":") or not name.strip():
            raise InvalidMetric(f"The dimension name {name[:80]!r} must have 1 to 255 characters.")
        if not 1 <= len(value) <= 1024 or not value.strip():
            raise InvalidMetric(f"The value of dimension {name} must have 1 to 1024 characters.")
