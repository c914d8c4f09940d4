"""Evaluates alarms that are due.

A worker claims a batch by one ``UPDATE`` that moves ``due_at`` ahead and signs the rows; what carries its
signature is its own. Alarms that look at the same periods are read together, so that a sweep costs a few
queries however many alarms there are. A worker that dies leaves its batch due again ten seconds later.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from devopsweb.kernel import ids
from monitoring.alarms.actions import transitions
from monitoring.alarms.engine import evaluate, reasons
from monitoring.alarms.models import Alarm
from monitoring.metrics import api as metrics

# Late samples of the newest period count until it leaves the range, so a look costs little and helps.
EVERY = timedelta(seconds=10)
BATCH = 200


def evaluate_due(*, at: datetime, batches: int = 10) -> int:
    """Evaluate what is due, longest overdue first; how many this caller evaluated."""
    total = 0
    for _ in range(batches):
        due = Alarm.objects.filter(due_at__lte=at).order_by("due_at")
        candidates = list(due.values_list("pk", flat=True)[:BATCH])
        total += _evaluate(candidates, at=at)
        if len(candidates) < BATCH:
            break
    return total


def evaluate_one(alarm_id: int, *, at: datetime) -> None:
    """Evaluate one alarm if it is due."""
    _evaluate([alarm_id], at=at)


def _evaluate(candidates: Sequence[int], *, at: datetime) -> int:
    alarms = _claim(candidates, at=at)
    together: dict[tuple[int, int], list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        together[alarm.period, alarm.evaluation_periods].append(alarm)
    for group in together.values():
        for alarm, readings in zip(group, read(group, at=at), strict=True):
            _judge(alarm, readings, at=at)
    return len(alarms)


def _claim(candidates: Sequence[int], *, at: datetime) -> list[Alarm]:
    if not candidates:
        return []
    mine = ids.new_uuid()
    Alarm.objects.filter(pk__in=candidates, due_at__lte=at).update(due_at=at + EVERY, claimed_by=mine)
    return list(Alarm.objects.filter(pk__in=candidates, claimed_by=mine))


def _judge(alarm: Alarm, readings: Sequence[evaluate.Reading], *, at: datetime) -> None:
    verdict = evaluate.decide(readings, alarm.rule)
    if verdict.state is None or verdict.state == alarm.state_value or _says_little(alarm, verdict):
        return
    cause = transitions.Cause(
        reasons.sentence(verdict, alarm.rule),
        reasons.data(
            verdict, alarm.rule, statistic=alarm.statistic, period=alarm.period, unit=alarm.unit, at=at
        ),
    )
    transitions.enter(alarm, verdict.state, cause, at=at)


def _says_little(alarm: Alarm, verdict: evaluate.Verdict) -> bool:
    samples = sum(reading.samples or 0 for reading in verdict.judged)
    return (
        alarm.evaluate_low_sample_count == "ignore"
        and bool(verdict.judged)
        and evaluate.too_few_samples(alarm.statistic, samples)
    )


def read(alarms: Sequence[Alarm], *, at: datetime) -> list[list[evaluate.Reading]]:
    """The evaluation range of each of ``alarms``, oldest first; all have the same periods.

    The range ends with the last whole minute before ``at``.
    """
    period, size = alarms[0].period, evaluate.range_size(alarms[0].evaluation_periods)
    end = int(at.timestamp()) // 60 * 60
    start = end - size * period
    moments = [datetime.fromtimestamp(start + n * period, UTC) for n in range(size + 1)]
    wanted = [
        metrics.Request(alarm.namespace, alarm.metric_name, alarm.dimensions, statistic, alarm.unit)
        for alarm in alarms
        for statistic in (alarm.statistic, "SampleCount")
    ]
    series = metrics.read(wanted, period=period, start=moments[0], end=moments[-1])
    found = []
    for values, counts in zip(series[::2], series[1::2], strict=True):
        value_at = {point.at: point.value for point in values.points}
        count_at = {point.at: point.value for point in counts.points}
        found.append([evaluate.Reading(m, value_at.get(m), count_at.get(m)) for m in moments[:-1]])
    return found
