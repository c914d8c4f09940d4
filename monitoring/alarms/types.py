"""Words of alarms that cross to other apps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Comparison(StrEnum):
    """How a value is compared with the threshold; True means breaching."""

    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"


class MissingData(StrEnum):
    """What a period without samples counts as."""

    MISSING = "missing"
    NOT_BREACHING = "notBreaching"
    BREACHING = "breaching"
    IGNORE = "ignore"


@dataclass(frozen=True)
class AlarmSpec:
    """The configuration of an alarm, named as in PutMetricAlarm.

    The ``*_emails`` are told when the alarm enters that state.
    """

    name: str
    namespace: str
    metric_name: str
    threshold: float
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    unit: str = ""
    period: int = 60
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    comparison_operator: str = Comparison.GREATER
    treat_missing_data: str = MissingData.MISSING
    evaluate_low_sample_count: str = "evaluate"
    description: str = ""
    actions_enabled: bool = True
    alarm_emails: Sequence[str] = ()
    ok_emails: Sequence[str] = ()
    insufficient_data_emails: Sequence[str] = ()
