"""Pages of dashboards: the list, one dashboard, its editor."""

from functools import cache
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages
from monitoring.alarms import api as alarms
from monitoring.dashboards import access, presenters
from monitoring.dashboards.actions import dashboards
from monitoring.dashboards.engine import body as engine
from monitoring.dashboards.forms import EMPTY, WidgetForm, with_widget, without_widget
from monitoring.dashboards.models import Dashboard
from monitoring.metrics import api as metrics


def listing(request: Request) -> HttpResponse:
    """All dashboards."""
    access.listing(request.principal)
    text = request.GET.get("q", "").strip()
    rows = Dashboard.objects.filter(name__icontains=text).order_by("name")[:200]
    shown = [{"dashboard": row, "widgets": len(engine.load(row.body).widgets)} for row in rows]
    return pages.render(request, "dashboards/list.html", {"rows": shown, "q": text})


def detail(request: Request, name: str) -> HttpResponse:
    """One dashboard over the time range in the address."""
    row = access.dashboard(request.principal, name)
    metrics.require_read(request.principal)
    now, query = clock.now(), request.GET.dict()

    @cache
    def window_for(period: str, points: int) -> metrics.Window:
        return metrics.window({**query, "period": period}, at=now, points=points)

    window = window_for("", presenters.POINTS)
    read = engine.load(row.body)
    shown = presenters.widgets(request.principal, read, window_for)
    if request.GET.get("part") == "charts":
        return JsonResponse({w["figure"].id: w["figure"].spec for w in shown if "figure" in w})
    context = {
        "dashboard": row,
        "blocks": presenters.blocks(shown),
        "remarks": read.messages,
        "window": window,
        "ranges": metrics.range_links(request.GET, window),
        "may_edit": access.may(request.principal, "PutDashboard", name),
    }
    return pages.render(request, "dashboards/dashboard.html", context, parts={"values"})


def create(request: Request) -> HttpResponse:
    """The form of a new dashboard: its name; widgets follow in the editor."""
    if request.method != "POST":
        access.listing(request.principal)
        return pages.render(request, "dashboards/new.html", {"name": "", "problem": ""})
    name = request.POST.get("name", "").strip()
    access.put(request.principal, name or "*")
    try:
        dashboards.create(name=name, body=EMPTY, principal=request.principal, at=clock.now())
    except dashboards.InvalidDashboard as error:
        problem = error.messages[0].text
    except dashboards.DashboardExists as error:
        problem = str(error)
    else:
        return HttpResponseRedirect(reverse("dashboard-edit", kwargs={"name": name}))
    return pages.render(request, "dashboards/new.html", {"name": name, "problem": problem}, status=422)


def edit(request: Request, name: str) -> HttpResponse:
    """The editor: add and remove widgets by form, or write the body."""
    row = access.dashboard(request.principal, name, "PutDashboard")
    if request.method != "POST":
        return _editor(request, row)
    text = request.POST.get("body", "")
    try:
        dashboards.put(name=name, body=text, principal=request.principal, at=clock.now())
    except dashboards.InvalidDashboard as error:
        return _editor(request, row, text=text, problems=error.messages, status=422)
    messages.success(request, f"Changed the dashboard {name}.")
    return redirect(row)


@require_POST
def add_widget(request: Request, name: str) -> HttpResponse:
    """Add a widget by form."""
    row = access.dashboard(request.principal, name, "PutDashboard")
    form = WidgetForm(request.POST, alarm_choices=_alarm_choices(request))
    if not form.is_valid():
        return _editor(request, row, form=form, status=422)
    text = with_widget(row.body, form.widget())
    dashboards.put(name=name, body=text, principal=request.principal, at=clock.now())
    return HttpResponseRedirect(reverse("dashboard-edit", kwargs={"name": name}))


@require_POST
def remove_widget(request: Request, name: str) -> HttpResponse:
    """Remove a widget."""
    row = access.dashboard(request.principal, name, "PutDashboard")
    number = request.POST.get("number", "")
    if number.isdigit():
        text = without_widget(row.body, int(number))
        dashboards.put(name=name, body=text, principal=request.principal, at=clock.now())
    return HttpResponseRedirect(reverse("dashboard-edit", kwargs={"name": name}))


@require_POST
def delete(request: Request, name: str) -> HttpResponse:
    """Delete a dashboard."""
    row = access.dashboard(request.principal, name, "DeleteDashboards")
    dashboards.delete(row, principal=request.principal, at=clock.now())
    messages.success(request, f"Deleted the dashboard {name}.")
    return HttpResponseRedirect(reverse("dashboards"))


def _alarm_choices(request: Request) -> list[tuple[str, str]]:
    return [(info.arn, info.name) for info in alarms.visible(request.principal)]


def _editor(
    request: Request,
    row: Dashboard,
    *,
    text: str | None = None,
    problems: tuple[engine.Message, ...] = (),
    form: WidgetForm | None = None,
    status: int = 200,
) -> HttpResponse:
    known = metrics.list_metrics() if metrics.may_read(request.principal) else []
    context: dict[str, Any] = {
        "dashboard": row,
        "text": row.body if text is None else text,
        "problems": problems,
        "form": form or WidgetForm(alarm_choices=_alarm_choices(request), initial={"width": 12}),
        "metrics": [_choice(info) for info in known],
        "widgets": engine.load(row.body).widgets,
        "may_delete": access.may(request.principal, "DeleteDashboards", row.name),
    }
    return pages.render(request, "dashboards/edit.html", context, status=status)


def _choice(info: metrics.MetricInfo) -> dict[str, str]:
    row = metrics.MetricRow(info.namespace, info.name, info.dimensions)
    dimensions = " ".join(f"{name}={value}" for name, value in info.dimensions.items())
    return {"value": row.text(), "label": f"{info.namespace} {info.name} {dimensions}".strip()}
