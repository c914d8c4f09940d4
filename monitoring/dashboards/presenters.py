"""Turns widgets into what the page shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import nh3
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from monitoring.alarms import api as alarms
from monitoring.dashboards.engine.body import Body, Widget
from monitoring.metrics import api as metrics

MAX_LINES = 12
POINTS, BARS = 240, 40
_markdown = MarkdownIt("js-default")


WindowFor = Callable[[str, int], metrics.Window]


def widgets(principal: Principal, body: Body, window_for: WindowFor) -> list[dict[str, Any]]:
    """Every widget ready to be drawn: metrics in two queries per period in use, alarms in one.

    ``window_for(period, points)`` is the page's time range in those periods, or in about that many.
    """
    names = {name for widget in body.widgets for name in widget.alarms}
    known = {info.name: info for info in alarms.info(names)} if names else {}
    allowed = set(
        iam.allowed_of(principal, "cloudwatch:DescribeAlarms", [info.arn for info in known.values()])
    )
    visible = {name: info for name, info in known.items() if info.arn in allowed}
    drawn = [_with_alarm_metric(widget, visible) for widget in body.widgets]
    shown = []
    for over, chosen in _by_window(drawn, window_for).items():
        rows = [_row(widget, row) for widget in chosen for row in widget.rows[:MAX_LINES]]
        lines = iter(metrics.lines(rows, over))
        for widget in chosen:
            mine = [next(lines) for _ in widget.rows[:MAX_LINES]]
            shown.append(_shown(widget, mine, over, visible))
    order = {widget.number: place for place, widget in enumerate(drawn)}
    return sorted(shown, key=lambda item: order[item["widget"].number])


def _by_window(drawn: Sequence[Widget], window_for: WindowFor) -> dict[metrics.Window, list[Widget]]:
    """Widgets by the window they are read over: their own period's, and bars need room."""
    found: dict[metrics.Window, list[Widget]] = {}
    for widget in drawn:
        points = BARS if widget.view == "bar" else POINTS
        period = str(widget.period or "") if widget.view != "bar" else ""
        found.setdefault(window_for(period, points), []).append(widget)
    return found


def blocks(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adjacent numbers share one strip; every other widget stands by itself."""
    found: list[dict[str, Any]] = []
    for item in shown:
        if "stats" not in item:
            found.append(item)
        elif found and "strip" in found[-1]:
            found[-1]["strip"].append(item)
        else:
            found.append({"strip": [item]})
    return found


def _with_alarm_metric(widget: Widget, known: Mapping[str, alarms.AlarmInfo]) -> Widget:
    """A metric widget with an alarm annotation draws the alarm's metric and threshold."""
    info = known.get(widget.alarms[0]) if widget.alarms else None
    if widget.type != "metric" or info is None:
        return widget
    spec = info.spec
    row = metrics.MetricRow(spec.namespace, spec.metric_name, spec.dimensions, {"stat": spec.statistic})
    return replace(
        widget,
        rows=widget.rows or (row,),
        threshold=widget.threshold or (spec.threshold, info.condition),
        title=widget.title or info.name,
    )


def _row(widget: Widget, row: metrics.MetricRow) -> metrics.MetricRow:
    return replace(row, options={"stat": widget.statistic, **row.options})


def _shown(
    widget: Widget, lines: list[metrics.Line], window: metrics.Window, known: Mapping[str, alarms.AlarmInfo]
) -> dict[str, Any]:
    related = [known[name] for name in widget.alarms if name in known]
    shown: dict[str, Any] = {
        "widget": widget,
        "columns": max(1, -(-widget.width // 2)),
        "title": widget.title or _title(widget),
        "alarm": related[0] if widget.type == "metric" and related else None,
    }
    if widget.type == "text":
        shown["html"] = _html(widget.markdown)
    if widget.type == "alarm":
        order = ["ALARM", "INSUFFICIENT_DATA", "OK"]
        shown["alarms"] = sorted(related, key=lambda info: (order.index(info.state), info.name))
        shown["unknown"] = len(widget.alarms) - len(related)
    if widget.type == "metric":
        shown |= _metric(widget, lines, window, shown["title"])
    return shown


def _title(widget: Widget) -> str:
    if widget.type == "alarm":
        return "Alarms"
    return " and ".join(dict.fromkeys(row.name for row in widget.rows[:3]))


def _html(markdown: str) -> SafeString:
    """Markdown without anything that could run, load or restyle."""
    clean = nh3.clean(_markdown.render(markdown), tags=nh3.ALLOWED_TAGS - {"img", "style"})
    return mark_safe(clean)  # noqa: S308  cleaned one line above


def _metric(widget: Widget, lines: list[metrics.Line], window: metrics.Window, title: str) -> dict[str, Any]:
    if widget.view in ("singleValue", "gauge"):
        named = metrics.named(lines)
        called = [replace(line, name=title) if len(lines) == 1 else line for line in named]
        return {"stats": [_stat(line) for line in called]}
    if widget.view in ("table", "pie"):
        return {"table": [{"line": line, "last": _number(line.last)} for line in metrics.named(lines)]}
    kind = "bars" if widget.view == "bar" else "stack" if widget.stacked else "line"
    extra: dict[str, Any] = {"sync": "dashboard"}
    extra |= {"min": widget.low} if widget.low is not None else {}
    extra |= {"max": widget.high} if widget.high is not None else {}
    if widget.threshold:
        value, label = widget.threshold
        extra["threshold"] = {"value": value, "label": label}
    marks = [_mark(moment, label, window) for moment, label in widget.marks]
    if any(marks):
        extra["marks"] = [mark for mark in marks if mark]
    height = max(110, min(420, widget.height * 30 + 16))
    figure = metrics.figure(
        f"widget-{widget.number}", title, lines, window, kind=kind, height=height, **extra
    )
    query = urlencode([("g", line.row.text()) for line in lines])
    return {
        "figure": figure,
        "hidden": len(widget.rows) - len(lines),
        "href": f"{reverse('metrics')}?{query}",
    }


def _mark(moment: str, label: str, window: metrics.Window) -> dict[str, Any] | None:
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    second = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    return {"at": second, "label": label} if window.start <= second < window.end else None


def _stat(line: metrics.Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "value": _number(line.last),
        "unit": line.unit,
        "points": sparkline(line.values),
        "statistic": line.row.statistic,
    }


def _number(value: float | None) -> str:
    if value is None:
        return "no data"
    return f"{value:,.4g}".replace(",", " ") if abs(value) < 1e6 else f"{value / 1e6:,.1f} M"


def sparkline(values: Sequence[float | None]) -> str:
    """The points of a polyline in a box of 76 by 22, from at most 40 of the values."""
    real = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(real) < 2:
        return ""
    real = real[:: max(1, len(real) // 40)]
    low, high = min(v for _, v in real), max(v for _, v in real)
    first, last = real[0][0], max(real[-1][0], real[0][0] + 1)
    size = high - low or 1
    return " ".join(
        f"{76 * (place - first) / (last - first):.1f},{21 - 20 * (value - low) / size:.1f}"
        for place, value in real
    )
