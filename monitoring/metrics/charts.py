"""Builds what ``static/charts.js`` draws, from metric rows and a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from monitoring.metrics import queries
from monitoring.metrics.engine.rows import MetricRow
from monitoring.metrics.engine.windows import Window

_UNITS = {
    "Percent": "%", "Milliseconds": "ms", "Microseconds": "µs", "Seconds": "s", "Bytes": "B",
    "Count": "", "None": "", "Count/Second": "/s", "Bytes/Second": "B/s",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One drawn series."""

    row: MetricRow
    name: str
    unit: str
    values: list[float | None]

    @property
    def last(self) -> float | None:
        """The newest value."""
        return next((v for v in reversed(self.values) if v is not None), None)


@dataclass(frozen=True)
class Figure:
    """A chart for the page: ``spec`` goes to ``charts.js``, ``rows`` to browsers without scripts."""

    id: str
    label: str
    spec: Mapping[str, Any]
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def has_data(self) -> bool:
        """Whether any period has a value."""
        return any(line.last is not None for line in self.lines)


def lines(rows: Sequence[MetricRow], window: Window, *, statistic: str = "Average") -> list[Line]:
    """Read ``rows`` over ``window``, in two queries."""
    if not rows:
        return []
    requests = [
        queries.Request(row.namespace, row.name, row.dimensions, row.statistic or statistic) for row in rows
    ]
    answers = queries.series(requests, period=window.step, start=window.start_at, end=window.end_at)
    found = []
    for row, answer in zip(rows, answers, strict=True):
        values: list[float | None] = [None] * window.count
        for point in answer.points:
            values[(int(point.at.timestamp()) - window.start) // window.step] = point.value
        unit = "" if (row.statistic or statistic) == "SampleCount" else short_unit(answer.unit)
        shown = row if row.statistic else replace(row, options={**row.options, "stat": statistic})
        found.append(Line(shown, row.name, unit, values))
    return found


def short_unit(unit: str) -> str:
    """The unit as the axis writes it."""
    return _UNITS.get(unit, unit)


def named(drawn: Sequence[Line]) -> list[Line]:
    """The lines of one chart, each called by what distinguishes it from the others, or by its label."""
    stats = {line.row.statistic for line in drawn}
    metrics = {line.row.name for line in drawn}
    common = (
        set.intersection(*(set(line.row.dimensions.items()) for line in drawn)) if len(drawn) > 1 else set()
    )
    found = []
    for line in drawn:
        values = [item[1] for item in line.row.dimensions.items() if item not in common]
        parts = [line.row.name] if len(metrics) > 1 or not (values or len(stats) > 1) else []
        parts += values
        parts += [line.row.statistic] if len(stats) > 1 else []
        found.append(replace(line, name=str(line.row.options.get("label") or " ".join(parts))))
    return found


def figure(
    figure_id: str,
    label: str,
    drawn: Sequence[Line],
    window: Window,
    *,
    kind: str = "line",
    height: int = 180,
    colours: Sequence[int] = (),
    **extra: Any,
) -> Figure:
    """A chart of lines that share a unit; ``colours`` are places in the palette (default: in order)."""
    places = colours or range(len(drawn))
    drawn = named(drawn)
    spec = {
        "kind": kind,
        "unit": drawn[0].unit if drawn else "",
        "x": [window.start, window.step, window.count],
        "h": height,
        "series": [_series(line, place) for line, place in zip(drawn, places, strict=True)],
        **extra,
    }
    return Figure(figure_id, f"{label}, {window.label}", spec, drawn)


def _series(line: Line, place: int) -> dict[str, Any]:
    values = [None if v is None else round(v, 6) for v in line.values]
    return {"name": line.name, "data": values, "color": f"--c{place % 6 + 1}"}
