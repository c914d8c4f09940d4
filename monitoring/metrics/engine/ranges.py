"""Periods: which ones are legal, which stored resolution serves them, how wide a chart's are."""

from devopsweb.kernel.errors import Invalid

RESOLUTIONS = (60, 300, 3600)
DAY = 86400
# CloudWatch's retention: stored period → how long it is kept, in seconds.
RETENTION = {60: 15 * DAY, 300: 63 * DAY, 3600: 455 * DAY}
PERIODS = (60, 300, 900, 1800, 3600, 6 * 3600, DAY, 7 * DAY)


class InvalidPeriod(Invalid):
    """The period is not a positive multiple of 60 seconds."""


def check_period(period: int) -> None:
    """Raise ``InvalidPeriod`` unless samples can be read by ``period`` seconds."""
    if period < 60 or period % 60:
        raise InvalidPeriod(f"The period {period} is not a multiple of 60 seconds.")


def resolution_for(*, period: int, start: int) -> int:
    """The coarsest stored resolution whose rows never straddle a period counted from ``start``."""
    return max(r for r in RESOLUTIONS if period % r == 0 and (r == 60 or start % r == 0))


def period_for(*, seconds: int, age: int, points: int) -> int:
    """The finest period that keeps ``seconds`` within ``points`` and is still stored ``age`` seconds back."""
    kept = min((r for r, keep in RETENTION.items() if age <= keep), default=RESOLUTIONS[-1])
    wanted = max(kept, seconds / max(points, 1))
    return next((p for p in PERIODS if p >= wanted), PERIODS[-1])
