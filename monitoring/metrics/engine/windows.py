"""The time range of a chart: which periods it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitoring.metrics.engine import ranges

HOUR = 3600
NAMED = {"1h": HOUR, "3h": 3 * HOUR, "12h": 12 * HOUR, "1d": 24 * HOUR, "1w": 168 * HOUR, "30d": 720 * HOUR}
LABELS = {"1h": "1 h", "3h": "3 h", "12h": "12 h", "1d": "1 d", "1w": "1 w", "30d": "30 d"}
DEFAULT = "3h"
# Two points per pixel on the widest plot; more cannot be seen.
MAX_POINTS = 2400


@dataclass(frozen=True)
class Window:
    """``count`` periods of ``step`` seconds from ``start`` on; ``name`` is "" for a custom range."""

    name: str
    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """Where the last period ends."""
        return self.start + self.step * self.count

    @property
    def start_at(self) -> datetime:
        """``start`` as a moment."""
        return datetime.fromtimestamp(self.start, UTC)

    @property
    def end_at(self) -> datetime:
        """``end`` as a moment."""
        return datetime.fromtimestamp(self.end, UTC)

    @property
    def label(self) -> str:
        """The range in words, to follow a comma."""
        if self.name:
            return f"last {LABELS[self.name]}"
        return f"{self.start_at:%Y-%m-%d %H:%M} to {self.end_at:%Y-%m-%d %H:%M} UTC"


def window(query: Mapping[str, str], *, at: datetime, points: int = 360, default: str = DEFAULT) -> Window:
    """The window that ``range`` or ``from`` and ``to`` (ISO), and ``period``, ask for; defaults for the rest.

    About ``points`` periods, unless ``period`` asks for a finer step that still makes sense.
    """
    now = int(at.timestamp())
    custom = _custom(query)
    name = "" if custom else query.get("range", default)
    name = name if custom or name in NAMED else default
    start, end = custom or (now - NAMED[name], now)
    step = _step(query.get("period", ""), seconds=end - start, age=now - start, points=points)
    first = start // step * step
    # The second that is going on belongs to the window, also when a period begins with it.
    last = end if custom else end + 1
    return Window(name, first, step, max(1, -(-(last - first) // step)))


def _custom(query: Mapping[str, str]) -> tuple[int, int] | None:
    try:
        start, end = (datetime.fromisoformat(query.get(key, "")) for key in ("from", "to"))
    except ValueError:
        return None
    first, last = (
        int((m if m.tzinfo else m.replace(tzinfo=UTC)).timestamp()) // 60 * 60 for m in (start, end)
    )
    # Two years are more than is kept, and the years 1 and 9999 would overflow.
    return (first, last) if 60 <= last - first <= 2 * 366 * ranges.DAY and first > 0 else None


def _step(asked: str, *, seconds: int, age: int, points: int) -> int:
    if asked.isdigit() and int(asked) in ranges.PERIODS and seconds / int(asked) <= MAX_POINTS:
        return int(asked)
    return ranges.period_for(seconds=seconds, age=age, points=points)
