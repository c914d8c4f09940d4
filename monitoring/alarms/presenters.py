"""What the pages show of an alarm."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from devopsweb.events import api as events
from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from monitoring.alarms import queries
from monitoring.alarms.engine import bands as engine
from monitoring.alarms.engine.words import condition
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import Comparison
from monitoring.metrics import api as metrics

MISSING = {
    "missing": "insufficient data after a while",
    "notBreaching": "counts as fine",
    "breaching": "counts as breaching",
    "ignore": "keeps the state",
}
_DELIVERY = ("aws.codedeploy", "aws.codepipeline", "aws.codecommit", "aws.codebuild")
AROUND = timedelta(minutes=15)


def span(seconds: int) -> str:
    """``1 min``, ``6 h``."""
    for size, word in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"


def row(alarm: Alarm) -> dict[str, Any]:
    """A row of the list."""
    return {
        "alarm": alarm,
        "condition": condition(alarm.spec),
        "span": span(alarm.period),
        "dimensions": " ".join(f"{name}={value}" for name, value in alarm.dimensions.items()),
    }


def metric_row(alarm: Alarm) -> metrics.MetricRow:
    """The alarm's metric as a row of a chart."""
    return metrics.MetricRow(alarm.namespace, alarm.metric_name, alarm.dimensions, {"stat": alarm.statistic})


def threshold(alarm: Alarm, unit: str) -> dict[str, Any]:
    """The threshold as the chart draws it."""
    below = alarm.comparison_operator in (Comparison.LESS, Comparison.LESS_OR_EQUAL)
    return {"value": alarm.threshold, "label": condition(alarm.spec, unit), "below": below}


def figure(alarm: Alarm, window: metrics.Window) -> metrics.Figure:
    """The alarm's metric over ``window``, with its threshold."""
    drawn = metrics.lines([metric_row(alarm)], window)
    unit = drawn[0].unit
    label = f"{alarm.metric_name} {alarm.statistic}, threshold {alarm.threshold:g} {unit}".strip()
    return metrics.figure("alarm-chart", label, drawn, window, height=260, threshold=threshold(alarm, unit))


def facts(alarm: Alarm, drawn: metrics.Figure) -> dict[str, Any]:
    """The sentences of the page."""
    last, unit = drawn.lines[0].last, drawn.lines[0].unit
    return {
        "now": None if last is None else f"{last:,.4g} {unit}".replace(",", " ").strip(),
        "condition": condition(alarm.spec, unit),
        "span": span(alarm.period),
        "missing": MISSING[alarm.treat_missing_data],
        "dimensions": ", ".join(f"{name}={value}" for name, value in alarm.dimensions.items()),
        "recipients": [
            (state, alarm.recipients.get(state, [])) for state in AlarmState if alarm.recipients.get(state)
        ],
    }


def graph_href(alarm: Alarm) -> str:
    """The alarm's metric on the metric page."""
    return f"{reverse('metrics')}?{urlencode({'g': metric_row(alarm).text()})}"


def bands(alarm: Alarm, window: metrics.Window, *, at: datetime) -> list[engine.Band]:
    """The states over ``window``."""
    rows = queries.state_changes(alarm.name, start=window.start_at, end=window.end_at)
    changes = [
        (int(r.at.timestamp()), r.data["oldState"]["stateValue"], r.data["newState"]["stateValue"])
        for r in rows
    ]
    later = queries.first_change_after(alarm.name, window.end_at) if not changes else None
    state = later.data["oldState"]["stateValue"] if later else alarm.state_value
    return engine.bands(
        changes,
        start=window.start,
        end=window.end,
        created=int(alarm.created_at.timestamp()),
        now=int(at.timestamp()),
        state=state,
    )


def history_row(entry: AlarmHistory) -> dict[str, Any]:
    """A row of the history."""
    old, new = entry.data.get("oldState", {}), entry.data.get("newState", {})
    return {
        "entry": entry,
        "old": old.get("stateValue", ""),
        "new": new.get("stateValue", ""),
        "reason": new.get("stateReason", ""),
        "by": entry.data.get("by", ""),
    }


def around(principal: Principal, alarm: Alarm) -> dict[str, Any]:
    """What was delivered shortly before the alarm went off, if ``principal`` may know."""
    if alarm.state_value != AlarmState.ALARM or not iam.is_allowed(principal, "cloudtrail:LookupEvents", "*"):
        return {}
    moment = alarm.state_transitioned_at
    wanted = events.Filter(sources=_DELIVERY, start=moment - AROUND, end=moment + timedelta(minutes=1))
    found, _ = events.feed(wanted, size=6)
    return {"moment": moment, "events": found}
