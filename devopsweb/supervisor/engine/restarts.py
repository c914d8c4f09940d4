"""When a child that died may start again: at once after a long life, ever later after short ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
HEALTHY_AFTER = 30.0


@dataclass(frozen=True)
class Life:
    """A child's record: since when it runs, or when it is due to start."""

    running_since: float | None = None
    due_at: float = 0.0
    short_lives: int = 0

    @property
    def running(self) -> bool:
        """Whether the child has a process."""
        return self.running_since is not None


def started(life: Life, at: float) -> Life:
    """The record after a start."""
    return replace(life, running_since=at)


def died(life: Life, at: float) -> Life:
    """The record after a death: a life of ``HEALTHY_AFTER`` seconds forgives the earlier ones."""
    if life.running_since is None:
        return life
    was_healthy = at - life.running_since >= HEALTHY_AFTER
    short_lives = 1 if was_healthy else life.short_lives + 1
    return Life(due_at=at + delay(short_lives), short_lives=short_lives)


def delay(short_lives: int) -> float:
    """Seconds to wait before the start that follows ``short_lives`` short lives in a row."""
    # The exponent is capped: 2**1100 no longer is a float.
    return min(FIRST_DELAY * 2.0 ** min(short_lives - 1, 10), LONGEST_DELAY)


def due(lives: Mapping[str, Life], at: float) -> list[str]:
    """The children to start now, in their order."""
    return [name for name, life in lives.items() if not life.running and life.due_at <= at]


def next_wake(lives: Mapping[str, Life], at: float, longest: float) -> float:
    """Seconds until the next child is due, ``longest`` at most."""
    waits = [life.due_at - at for life in lives.values() if not life.running]
    return max(0.0, min([longest, *waits]))
