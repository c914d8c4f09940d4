"""Reads a dashboard's body: CloudWatch's JSON, judged with the path of whatever is wrong.

Widget types metric, text and alarm are drawn. Others of CloudWatch (log, explorer, custom) are
accepted and kept, with a warning, so that a body can travel.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring.metrics import api as metrics

COLUMNS = 24
MAX_WIDGETS, MAX_METRICS, MAX_ALARMS = 500, 500, 100
DRAWN = ("metric", "text", "alarm")
KEPT = ("log", "explorer", "custom", "chart")
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_ARN = re.compile(r"arn:aws:cloudwatch:[^:]*:[^:]*:alarm:(.+)")
Json = Any


@dataclass(frozen=True)
class Message:
    """A remark on the body: where (a JSON path) and what; errors keep it from being stored."""

    path: str
    text: str
    error: bool = True


@dataclass(frozen=True)
class Widget:
    """One rectangle of the grid, read from the body."""

    number: int
    type: str
    x: int
    y: int
    width: int
    height: int
    title: str = ""
    rows: tuple[metrics.MetricRow, ...] = ()
    statistic: str = "Average"
    period: int | None = None
    view: str = "timeSeries"
    stacked: bool = False
    low: float | None = None
    high: float | None = None
    threshold: tuple[float, str] | None = None
    marks: tuple[tuple[str, str], ...] = ()
    markdown: str = ""
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """The widgets in reading order, and the remarks."""

    widgets: tuple[Widget, ...] = ()
    messages: tuple[Message, ...] = field(default_factory=tuple)

    @property
    def errors(self) -> tuple[Message, ...]:
        """The remarks that keep the body from being stored."""
        return tuple(m for m in self.messages if m.error)


def load(text: str) -> Body:
    """Read a body, whatever it is worth."""
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        return Body(messages=(Message("/", f"Line {error.lineno}, column {error.colno}: {error.msg}."),))
    if not isinstance(raw, dict):
        return Body(messages=(Message("/", "Should be an object with the key widgets."),))
    found = raw.get("widgets")
    if not isinstance(found, list):
        return Body(messages=(Message("/widgets", "Should be a list of widgets."),))
    if len(found) > MAX_WIDGETS:
        return Body(messages=(Message("/widgets", f"At most {MAX_WIDGETS} widgets are possible."),))
    reader = _Reader()
    widgets = [reader.widget(number, widget) for number, widget in enumerate(found)]
    placed = sorted((w for w in widgets if w is not None), key=lambda w: (w.y, w.x, w.number))
    return Body(tuple(placed), tuple(reader.messages))


class _Reader:
    """Reads widgets and collects remarks; ``next_y`` is where widgets without a place go."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.next_x = self.next_y = self.row_height = 0

    def complain(self, path: str, text: str, *, error: bool = True) -> None:
        self.messages.append(Message(path, text, error))

    def widget(self, number: int, raw: Json) -> Widget | None:
        path = f"/widgets/{number}"
        if not isinstance(raw, dict):
            self.complain(path, "Should be an object.")
            return None
        kind, properties = raw.get("type"), raw.get("properties")
        if kind not in (*DRAWN, *KEPT):
            self.complain(f"{path}/type", f"Should be one of {', '.join((*DRAWN, *KEPT))}.")
            return None
        if not isinstance(properties, dict):
            self.complain(f"{path}/properties", "Should be an object.")
            return None
        place = self._place(path, raw)
        read = {"metric": self._metric, "text": self._text, "alarm": self._alarm}.get(kind)
        if read is None:
            self.complain(f"{path}/type", f"Widgets of type {kind} are kept but not drawn.", error=False)
        values = read(f"{path}/properties", properties) if read else {}
        title = self._text_of(f"{path}/properties", properties, "title")
        return Widget(number=number, type=str(kind), title=title, **place, **values)

    def _place(self, path: str, raw: Mapping[str, Json]) -> dict[str, Json]:
        width = self._whole(path, raw, "width", 1, COLUMNS, 6)
        height = self._whole(path, raw, "height", 1, 1000, 6)
        if ("x" in raw) != ("y" in raw):
            self.complain(path, "x and y go together: give both or none.")
        if "x" in raw and "y" in raw:
            x = self._whole(path, raw, "x", 0, COLUMNS - 1, 0)
            return {"x": x, "y": self._whole(path, raw, "y", 0, 100_000, 0), "width": width, "height": height}
        if self.next_x + width > COLUMNS:
            self.next_x, self.next_y, self.row_height = 0, self.next_y + self.row_height, 0
        place = {"x": self.next_x, "y": self.next_y, "width": width, "height": height}
        self.next_x, self.row_height = self.next_x + width, max(self.row_height, height)
        return place

    def _whole(self, path: str, raw: Mapping[str, Json], key: str, low: int, high: int, default: int) -> int:
        value = raw.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.complain(f"{path}/{key}", f"Should be a whole number from {low} to {high}.")
        return default

    def _text_of(self, path: str, raw: Mapping[str, Json], key: str, default: str = "") -> str:
        value = raw.get(key, default)
        if isinstance(value, str):
            return value
        self.complain(f"{path}/{key}", "Should be text.")
        return default

    def _text(self, path: str, raw: Mapping[str, Json]) -> dict[str, Json]:
        if "markdown" not in raw:
            self.complain(path, "Should have the key markdown.")
        return {"markdown": self._text_of(path, raw, "markdown")}

    def _alarm(self, path: str, raw: Mapping[str, Json]) -> dict[str, Json]:
        arns = raw.get("alarms")
        if not isinstance(arns, list) or not 1 <= len(arns) <= MAX_ALARMS:
            self.complain(f"{path}/alarms", f"Should be a list of 1 to {MAX_ALARMS} alarm ARNs.")
            return {}
        return {"alarms": tuple(self._alarm_names(f"{path}/alarms", arns))}

    def _alarm_names(self, path: str, arns: list[Json]) -> Iterator[str]:
        for place, arn in enumerate(arns):
            match = _ARN.fullmatch(arn) if isinstance(arn, str) else None
            if match:
                yield match[1]
            else:
                self.complain(f"{path}/{place}", "Should be the ARN of an alarm.")

    def _metric(self, path: str, raw: Mapping[str, Json]) -> dict[str, Json]:
        annotations = raw.get("annotations", {})
        if not isinstance(annotations, dict):
            self.complain(f"{path}/annotations", "Should be an object.")
            annotations = {}
        alarms = tuple(self._alarm_names(f"{path}/annotations/alarms", _list(annotations.get("alarms"))))
        if "metrics" not in raw and not alarms:
            self.complain(path, "Should have the key metrics, or an alarm in annotations.")
        view = self._text_of(path, raw, "view", "timeSeries")
        if view not in VIEWS:
            self.complain(f"{path}/view", f"Should be one of {', '.join(VIEWS)}.")
        statistic = self._text_of(path, raw, "stat", "Average")
        self._check_statistic(f"{path}/stat", statistic)
        low, high = self._axis(path, raw)
        period = raw.get("period")
        if period is not None and not (_is_number(period) and period >= 60 and period % 60 == 0):
            self.complain(f"{path}/period", "Should be a multiple of 60 seconds.")
            period = None
        return {
            "rows": tuple(self._rows(f"{path}/metrics", raw.get("metrics", []))),
            "statistic": statistic,
            "period": period,
            "view": view,
            "stacked": raw.get("stacked") is True,
            "low": low,
            "high": high,
            "threshold": self._threshold(f"{path}/annotations/horizontal", annotations.get("horizontal")),
            "marks": tuple(_marks(annotations.get("vertical"))),
            "alarms": alarms[:1],
        }

    def _check_statistic(self, path: str, statistic: str) -> None:
        try:
            metrics.check_statistic(statistic)
        except metrics.InvalidStatistic as error:
            self.complain(path, str(error))

    def _rows(self, path: str, raw: Json) -> Iterator[metrics.MetricRow]:
        if not isinstance(raw, list) or len(raw) > MAX_METRICS:
            self.complain(path, f"Should be a list of at most {MAX_METRICS} metrics.")
            return
        previous: list[str] = []
        for place, entry in enumerate(raw):
            try:
                row = metrics.parse_row(entry, previous)
            except metrics.InvalidRow as error:
                where = f"{path}/{place}" + (f"/{error.path.strip('[]')}" if error.path else "")
                # Metric math is CloudWatch's, just not drawn here: such a body is kept.
                self.complain(where, f"This {error}.", error=error.path != "expression")
                continue
            if row.statistic:
                self._check_statistic(f"{path}/{place}", row.statistic)
            previous = row.words
            if row.options.get("visible", True):
                yield row

    def _axis(self, path: str, raw: Mapping[str, Json]) -> tuple[float | None, float | None]:
        axis = raw.get("yAxis", {})
        left = axis.get("left", {}) if isinstance(axis, dict) else None
        if not isinstance(left, dict):
            self.complain(f"{path}/yAxis", "Should be an object with left or right.")
            return None, None
        values = [left.get(key) for key in ("min", "max")]
        for key, value in zip(("min", "max"), values, strict=True):
            if value is not None and not _is_number(value):
                self.complain(f"{path}/yAxis/left/{key}", "Should be a number.")
        low, high = (float(str(v)) if _is_number(v) else None for v in values)
        return low, high

    def _threshold(self, path: str, raw: Json) -> tuple[float, str] | None:
        first = next(iter(_list(raw)), None)
        if first is None:
            return None
        if isinstance(first, dict) and _is_number(first.get("value")):
            return float(first["value"]), str(first.get("label", ""))
        self.complain(f"{path}/0/value", "Should be a number.")
        return None


def _list(raw: Json) -> list[Json]:
    return raw if isinstance(raw, list) else []


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _marks(raw: Json) -> Iterator[tuple[str, str]]:
    for mark in _list(raw):
        if isinstance(mark, dict) and isinstance(mark.get("value"), str):
            yield mark["value"], str(mark.get("label", ""))
