"""The metric page: find metrics, graph them, send the address to a colleague."""

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages
from monitoring.metrics import access, charts, forms, links, queries
from monitoring.metrics.engine import ranges, windows
from monitoring.metrics.engine.rows import MetricRow
from monitoring.metrics.engine.windows import Window
from monitoring.metrics.types import MetricInfo

FOUND = 200
PERIODS = {
    60: "1 min",
    300: "5 min",
    900: "15 min",
    1800: "30 min",
    3600: "1 h",
    21600: "6 h",
    86400: "1 day",
}


def browse(request: Request) -> HttpResponse:
    """Metrics and the graph of the chosen ones; ``?part=charts`` answers the charts' data only."""
    access.read(request.principal)
    graph = forms.graph(request.GET)
    window = windows.window(request.GET.dict(), at=clock.now())
    figures = _figures(graph.rows, window)
    if request.GET.get("part") == "charts":
        return JsonResponse({figure.id: figure.spec for figure in figures})
    text = request.GET.get("q", "").strip()
    found = queries.metrics(text=text)
    graphed = {tuple(row.words): row for row in graph.rows}
    context = {
        "figures": figures,
        "graphed": _graphed(request, graph.rows),
        "problems": graph.problems,
        "window": window,
        "ranges": links.ranges(request.GET, window),
        "periods": [(p, name, p == window.step) for p, name in PERIODS.items() if _sensible(p, window)],
        "statistics": forms.CHOICES,
        "groups": _groups(request, found[:FOUND], graphed),
        "more": max(0, len(found) - FOUND),
        "any": bool(found) or bool(text),
        "q": text,
        "alarm_href": _alarm_href(graph.rows, window),
    }
    return pages.render(request, "metrics/browse.html", context)


def _sensible(period: int, window: Window) -> bool:
    return (window.end - window.start) / period <= windows.MAX_POINTS and period < window.end - window.start


def _figures(rows: list[MetricRow], window: Window) -> list[charts.Figure]:
    """One chart per unit: two units on one axis would lie."""
    drawn = charts.lines(rows, window)
    found = []
    for number, unit in enumerate(dict.fromkeys(line.unit for line in drawn)):
        places = [place for place, line in enumerate(drawn) if line.unit == unit]
        mine = [drawn[place] for place in places]
        label = " and ".join(dict.fromkeys(line.row.name for line in mine))
        height = 280 if number == 0 else 160
        figure_id = f"chart-{number}"
        found.append(
            charts.figure(figure_id, label, mine, window, height=height, colours=places, sync="metrics")
        )
    return found


def _href(request: Request, rows: list[MetricRow]) -> str:
    query = request.GET.copy()
    for key in ("part", "stat"):
        query.pop(key, None)
    query.setlist("g", [row.text() for row in rows])
    return f"?{query.urlencode()}"


def _graphed(request: Request, rows: list[MetricRow]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"m{number + 1}",
            "row": row,
            "text": row.text(),
            "color": number % 6 + 1,
            "dimensions": " ".join(f"{name}={value}" for name, value in row.dimensions.items()),
            "statistic": row.statistic,
            "remove": _href(request, [other for other in rows if other is not row]),
            "again": _href(request, [*rows, row]),
        }
        for number, row in enumerate(rows)
    ]


def _groups(
    request: Request, found: list[MetricInfo], graphed: dict[tuple[str, ...], MetricRow]
) -> list[dict[str, Any]]:
    groups = []
    for namespace, members in groupby(found, key=lambda info: info.namespace):
        entries = [_entry(request, info, graphed) for info in members]
        groups.append({"namespace": namespace, "entries": entries})
    return groups


def _entry(request: Request, info: MetricInfo, graphed: dict[tuple[str, ...], MetricRow]) -> dict[str, Any]:
    default = "Sum" if info.unit == "Count" else "Average"
    row = MetricRow(info.namespace, info.name, info.dimensions, {"stat": default})
    shown = list(graphed.values())
    present = graphed.get(tuple(row.words))
    rest = [other for other in shown if other is not present] if present else [*shown, row]
    return {
        "name": info.name,
        "dimensions": ", ".join(f"{name}={value}" for name, value in info.dimensions.items()),
        "on": present is not None,
        "href": _href(request, rest),
        "last_at": info.last_at,
    }


def _alarm_href(rows: list[MetricRow], window: Window) -> str:
    if not rows:
        return ""
    period = max(60, min(window.step, ranges.PERIODS[-1]))
    query = urlencode({"g": rows[0].text(), "period": period})
    return f"{reverse('alarm-new')}?{query}"
