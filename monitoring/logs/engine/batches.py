"""What CloudWatch Logs takes of a batch of events (API reference, PutLogEvents)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitoring.logs.errors import InvalidEvents

MOST_BYTES = 1_048_576
OVERHEAD = 26
MOST_EVENTS = 10_000
HOUR = 3_600_000
DAY = 24 * HOUR
Event = tuple[int, str]


@dataclass(frozen=True)
class Judged:
    """Which events are stored: those from ``first`` to before ``end``. Bounds of the others, where there are any."""

    first: int
    end: int
    too_new_from: int | None = None
    too_old_until: int | None = None
    expired_until: int | None = None


def judge(events: Sequence[Event], *, now_ms: int, retention_days: int | None) -> Judged:
    """Judge ``(time, message)`` pairs. Raises ``InvalidEvents`` when the whole batch is refused."""
    _check(events)
    times = [at for at, _ in events]
    too_old = _until(times, now_ms - 14 * DAY)
    expired = _until(times, now_ms - retention_days * DAY) if retention_days else 0
    new = next((number for number, at in enumerate(times) if at > now_ms + 2 * HOUR), len(times))
    return Judged(
        first=min(max(too_old, expired), new),
        end=new,
        too_new_from=new if new < len(times) else None,
        too_old_until=too_old or None,
        expired_until=expired if expired > too_old else None,
    )


def _until(times: Sequence[int], limit: int) -> int:
    """How many of the first are older than ``limit``."""
    return next((number for number, at in enumerate(times) if at >= limit), len(times))


def _check(events: Sequence[Event]) -> None:
    if len(events) > MOST_EVENTS:
        raise InvalidEvents(f"At most {MOST_EVENTS} events are possible in one request.")
    if any(second[0] < first[0] for first, second in pairwise(events)):
        raise InvalidEvents("Log events in a single PutLogEvents request must be in chronological order.")
    if sum(len(message.encode("utf-8", "replace")) + OVERHEAD for _, message in events) > MOST_BYTES:
        raise InvalidEvents(f"Upload too large: more than {MOST_BYTES} bytes.")
    if events and events[-1][0] - events[0][0] > DAY:
        raise InvalidEvents(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
