"""The sentences and the JSON that explain a state, in CloudWatch's form."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.alarms.engine.evaluate import Reading, Rule, Verdict
from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import Comparison, MissingData

INITIAL = "Unchecked: Initial alarm creation"
_WORDS = {
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.GREATER: "greater than",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}
_TREATED = {MissingData.BREACHING: "Breaching", MissingData.NOT_BREACHING: "NonBreaching"}


def sentence(verdict: Verdict, rule: Rule) -> str:
    """Why the alarm enters ``verdict.state``."""
    if not verdict.judged:
        return _without_points(verdict, rule)
    alarming = verdict.state == AlarmState.ALARM
    told = [r for r in verdict.judged if r.value is not None and rule.breaches(r.value) == alarming]
    # An OK that missing points brought about has no point on its side: then all are told.
    shown = told or list(verdict.judged)
    values = ", ".join(f"{r.value:.12g} ({r.at:%d/%m/%y %H:%M:%S})" for r in shown)
    verb = "was" if len(shown) == 1 else "were"
    negation = "" if alarming or not told else " not"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {rule.periods} datapoints [{values}] {verb}{negation} "
        f"{_WORDS[Comparison(rule.comparison)]} the threshold ({rule.threshold!r}) "
        f"(minimum {rule.needed} datapoint{'s' if rule.needed > 1 else ''} for "
        f"{'OK -> ALARM' if alarming else 'ALARM -> OK'} transition)."
    )


def _without_points(verdict: Verdict, rule: Rule) -> str:
    count = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
    if verdict.state == AlarmState.INSUFFICIENT_DATA:
        return f"Insufficient Data: no datapoints were received for {count}."
    missing = f"{rule.periods} missing datapoint{'s were' if rule.periods > 1 else ' was'}"
    return (
        f"Threshold Crossed: no datapoints were received for {count} and {missing} "
        f"treated as [{_TREATED[MissingData(rule.missing)]}]."
    )


def data(verdict: Verdict, rule: Rule, *, statistic: str, period: int, unit: str, at: datetime) -> str:
    """StateReasonData: a JSON text."""
    oldest_first = list(reversed(verdict.judged))
    body: dict[str, Any] = {"version": "1.0", "queryDate": stamp(at)}
    if oldest_first:
        body["startDate"] = stamp(oldest_first[0].at)
    if unit:
        body["unit"] = unit
    body |= {
        "statistic": statistic,
        "period": period,
        "recentDatapoints": [r.value for r in oldest_first],
        "threshold": rule.threshold,
        "evaluatedDatapoints": [_evaluated(r) for r in verdict.judged],
    }
    return json.dumps(body)


def _evaluated(reading: Reading) -> Mapping[str, Any]:
    return {"timestamp": stamp(reading.at), "sampleCount": reading.samples, "value": reading.value}


def stamp(moment: datetime) -> str:
    """CloudWatch's ``2026-03-17T12:00:00.000+0000``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"
