"""Which configurations an alarm may have (PutMetricAlarm's rules)."""

import math
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from devopsweb.kernel.errors import Invalid
from monitoring.alarms.types import AlarmSpec, Comparison, MissingData
from monitoring.metrics import api as metrics

DAY = 86400
MAX_RECIPIENTS = 20


class InvalidAlarm(Invalid):
    """The configuration breaks a rule; ``field`` names the setting."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check(spec: AlarmSpec) -> None:
    """Raise ``InvalidAlarm`` for the first rule that ``spec`` breaks."""
    for field, message in problems(spec):
        raise InvalidAlarm(field, message)


def problems(spec: AlarmSpec) -> Iterator[tuple[str, str]]:
    """Every broken rule as (setting, sentence)."""
    if not 1 <= len(spec.name) <= 255 or not spec.name.isprintable() or spec.name != spec.name.strip():
        yield "name", "A name has 1 to 255 printable characters and no blank at its ends."
    if not spec.metric_name.strip() or len(spec.metric_name) > 255:
        yield "metric_name", "Name the metric with 1 to 255 characters."
    if not spec.namespace.strip() or len(spec.namespace) > 255:
        yield "namespace", "Name the namespace with 1 to 255 characters."
    if not math.isfinite(spec.threshold):
        yield "threshold", "The threshold must be a finite number."
    if spec.comparison_operator not in set(Comparison):
        yield "comparison_operator", f"{spec.comparison_operator!r} is not a comparison of CloudWatch."
    if spec.treat_missing_data not in set(MissingData):
        yield "treat_missing_data", "Missing data is missing, notBreaching, breaching or ignore."
    if spec.evaluate_low_sample_count not in ("evaluate", "ignore"):
        yield "evaluate_low_sample_count", "Percentiles with few samples: evaluate or ignore."
    try:
        metrics.check_statistic(spec.statistic)
    except metrics.InvalidStatistic as error:
        yield "statistic", str(error)
    yield from _periods(spec)
    yield from _recipients(spec)


def _periods(spec: AlarmSpec) -> Iterator[tuple[str, str]]:
    if spec.period < 60 or spec.period % 60:
        yield "period", "The period must be a multiple of 60 seconds."
    if spec.evaluation_periods < 1:
        yield "evaluation_periods", "At least one period must be evaluated."
    needed = spec.datapoints_to_alarm
    if needed is not None and not 1 <= needed <= spec.evaluation_periods:
        yield "datapoints_to_alarm", f"Between 1 and {spec.evaluation_periods} of the evaluated periods."
    longest = DAY if spec.period < 3600 else 7 * DAY
    if spec.period * spec.evaluation_periods > longest:
        yield "evaluation_periods", f"Period times periods may be {longest // DAY} days at most."


def _recipients(spec: AlarmSpec) -> Iterator[tuple[str, str]]:
    for field in ("alarm_emails", "ok_emails", "insufficient_data_emails"):
        addresses = getattr(spec, field)
        if len(addresses) > MAX_RECIPIENTS:
            yield field, f"At most {MAX_RECIPIENTS} recipients."
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                yield field, f"{address!r} is not an e-mail address."
