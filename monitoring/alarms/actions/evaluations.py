"""Evaluates alarms that are due."""

from datetime import UTC, datetime, timedelta

import structlog

from monitoring.alarms.actions import transitions
from monitoring.alarms.engine import evaluate, reasons
from monitoring.alarms.models import Alarm
from monitoring.metrics import api as metrics

log = structlog.get_logger(__name__)

# Late samples of the newest period count until it leaves the range, so a look costs little and helps.
EVERY = timedelta(seconds=10)


def evaluate_due(*, at: datetime, limit: int = 500) -> int:
    """Evaluate what is due, longest overdue first; how many this caller evaluated."""
    due = list(Alarm.objects.filter(due_at__lte=at).order_by("due_at")[:limit])
    return sum(_evaluate_claimed(alarm, at=at) for alarm in due)


def evaluate_one(alarm_id: int, *, at: datetime) -> None:
    """Evaluate one alarm if it is due."""
    for alarm in Alarm.objects.filter(pk=alarm_id, due_at__lte=at):
        _evaluate_claimed(alarm, at=at)


def _evaluate_claimed(alarm: Alarm, *, at: datetime) -> bool:
    if not Alarm.objects.filter(pk=alarm.pk, due_at=alarm.due_at).update(due_at=at + EVERY):
        return False
    try:
        _evaluate(alarm, at=at)
    except metrics.InvalidStatistic as error:
        log.warning("alarm cannot be evaluated", alarm=alarm.name, error=str(error))
    return True


def _evaluate(alarm: Alarm, *, at: datetime) -> None:
    readings = read(alarm, at=at)
    verdict = evaluate.decide(readings, alarm.rule)
    if verdict.state is None or verdict.state == alarm.state_value:
        return
    samples = sum(r.samples or 0 for r in verdict.judged)
    if (
        alarm.evaluate_low_sample_count == "ignore"
        and verdict.judged
        and evaluate.too_few_samples(alarm.statistic, samples)
    ):
        return
    cause = transitions.Cause(
        reasons.sentence(verdict, alarm.rule),
        reasons.data(
            verdict, alarm.rule, statistic=alarm.statistic, period=alarm.period, unit=alarm.unit, at=at
        ),
    )
    transitions.enter(alarm, verdict.state, cause, at=at)


def read(alarm: Alarm, *, at: datetime) -> list[evaluate.Reading]:
    """The evaluation range that ends with the last whole minute before ``at``, oldest first."""
    end = int(at.timestamp()) // 60 * 60
    size = evaluate.range_size(alarm.evaluation_periods)
    start = end - size * alarm.period
    wanted = [
        metrics.Request(alarm.namespace, alarm.metric_name, alarm.dimensions, statistic, alarm.unit)
        for statistic in (alarm.statistic, "SampleCount")
    ]
    values, counts = metrics.read(
        wanted,
        period=alarm.period,
        start=datetime.fromtimestamp(start, UTC),
        end=datetime.fromtimestamp(end, UTC),
    )
    value_at = {point.at: point.value for point in values.points}
    count_at = {point.at: point.value for point in counts.points}
    moments = [datetime.fromtimestamp(start + n * alarm.period, UTC) for n in range(size)]
    return [evaluate.Reading(m, value_at.get(m), count_at.get(m)) for m in moments]
