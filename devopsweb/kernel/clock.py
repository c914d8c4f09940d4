"""The one place that reads the wall clock; everything below takes ``at=``."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def millis(moment: datetime) -> int:
    """``moment`` as milliseconds since the epoch (the unit of AWS's logs)."""
    return int(moment.timestamp() * 1000)
