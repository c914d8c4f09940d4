"""Decides an alarm's state from its points, exactly as CloudWatch treats missing data.

The evaluation range holds more points than EvaluationPeriods, so that a gap reaches further
back before it counts as missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import Comparison, MissingData

BREACHES: dict[str, Callable[[float, float], bool]] = {
    Comparison.GREATER_OR_EQUAL: ge,
    Comparison.GREATER: gt,
    Comparison.LESS: lt,
    Comparison.LESS_OR_EQUAL: le,
}


@dataclass(frozen=True)
class Rule:
    """The part of an alarm's configuration that decides its state: M (``needed``) of N (``periods``)."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str

    def breaches(self, value: float) -> bool:
        """Whether ``value`` is on the wrong side of the threshold."""
        return BREACHES[self.comparison](value, self.threshold)


@dataclass(frozen=True)
class Reading:
    """One period: its start, and its value and number of samples, or None for both."""

    at: datetime
    value: float | None
    samples: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The state found (None: keep the present one), the real points judged (newest first), the fillers."""

    state: AlarmState | None
    judged: tuple[Reading, ...]
    breaching: int
    fillers: int


def range_size(periods: int) -> int:
    """How many periods are fetched to judge ``periods`` of them."""
    return periods + max(periods // 3, 2)


def decide(readings: Sequence[Reading], rule: Rule) -> Verdict:
    """Judge ``readings``, the evaluation range with its oldest period first."""
    newest = list(reversed(readings))
    real = [r for r in newest if r.value is not None][: rule.periods]
    breaching = sum(r.value is not None and rule.breaches(r.value) for r in real)
    fillers = rule.periods - len(real)
    state = _state(newest, rule, real=len(real), breaching=breaching)
    return Verdict(state, tuple(real), breaching, fillers)


def _state(newest: list[Reading], rule: Rule, *, real: int, breaching: int) -> AlarmState | None:
    fillers = rule.periods - real
    if rule.missing == MissingData.BREACHING and fillers:
        breaching += fillers
    if rule.missing in (MissingData.BREACHING, MissingData.NOT_BREACHING) or not fillers:
        return AlarmState.ALARM if breaching >= rule.needed else AlarmState.OK
    keep = rule.missing == MissingData.IGNORE
    if not real:
        return None if keep else AlarmState.INSUFFICIENT_DATA
    if breaching >= rule.needed:
        return AlarmState.ALARM
    oldest = max(place for place, r in enumerate(newest, 1) if r.value is not None)
    if breaching == real and oldest >= rule.needed:
        # Nothing but breaching points, and silence since: AWS alarms before the gap hides it.
        return None if keep else AlarmState.ALARM
    return AlarmState.OK


def too_few_samples(statistic: str, samples: float) -> bool:
    """Whether a percentile over so few samples says little (10/(1-p) above the median, 10/p below)."""
    if not statistic.startswith("p"):
        return False
    share = float(statistic[1:]) / 100
    if not 0 < share < 1:
        return False
    return samples < 10 / (1 - share if share >= 0.5 else share)
