"""Pages of alarms: the list, one alarm, and the forms that change it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.paging import page
from devopsweb.ui import pages
from monitoring.alarms import access, presenters, queries
from monitoring.alarms.actions import alarms
from monitoring.alarms.engine.limits import InvalidAlarm
from monitoring.alarms.forms import STATISTICS, AlarmForm, initial_for, initial_of
from monitoring.alarms.models import Alarm
from monitoring.alarms.states import AlarmState
from monitoring.metrics import api as metrics

HISTORY = {"states": "StateUpdate", "actions": "Action", "changes": "ConfigurationUpdate"}
HISTORY_PAGE = 20
LISTED = 200


def listing(request: Request) -> HttpResponse:
    """All alarms, the urgent ones first."""
    access.listing(request.principal)
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    rows = queries.by_urgency()
    if text:
        rows = rows.filter(name__icontains=text)
    if state in set(AlarmState):
        rows = rows.filter(state_value=state)
    found = list(rows[: LISTED + 1])
    counts = queries.counts()
    context = {
        "rows": [presenters.row(alarm) for alarm in found[:LISTED]],
        "more": len(found) > LISTED,
        "counts": [
            (s, counts[s], s == state)
            for s in (AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA, AlarmState.OK)
        ],
        "total": sum(counts.values()),
        "q": text,
        "state": state,
    }
    return pages.render(request, "alarms/list.html", context, parts={"rows"})


def detail(request: Request, name: str) -> HttpResponse:
    """One alarm: its metric with the threshold, its states over the same time, its history."""
    alarm = access.alarm(request.principal, name)
    now = clock.now()
    # In the alarm's own period, so that the line shows the points that were judged.
    window = metrics.window({"period": str(alarm.period), **request.GET.dict()}, at=now)
    figure = presenters.figure(alarm, window)
    if request.GET.get("part") == "charts":
        return JsonResponse({figure.id: figure.spec})
    kind = request.GET.get("history", "states")
    found = page(
        queries.history(alarm.name, kind=HISTORY.get(kind, "StateUpdate")),
        token=request.GET.get("token", ""),
        size=HISTORY_PAGE,
    )
    context = {
        "alarm": alarm,
        "figure": figure,
        "window": window,
        "ranges": metrics.range_links(request.GET, window),
        "small": True,
        "bands": presenters.bands(alarm, window, at=now),
        "history": [presenters.history_row(row) for row in found.rows],
        "next": found.next_token,
        "kind": kind if kind in HISTORY else "states",
        "graph_href": presenters.graph_href(alarm),
        "around": presenters.around(request.principal, alarm),
        **presenters.facts(alarm, figure),
        "may": {
            action: access.may(request.principal, action, alarm)
            for action in ("PutMetricAlarm", "DeleteAlarms", "SetAlarmState", "DisableAlarmActions")
        },
        "states": list(AlarmState),
    }
    return pages.render(request, "alarms/alarm.html", context, parts={"head", "band", "history", "actions"})


def create(request: Request) -> HttpResponse:
    """The form of a new alarm."""
    if request.method != "POST":
        access.listing(request.principal)
        form = AlarmForm(initial=initial_for(request.GET.get("g", ""), request.GET.get("period", "")))
        return _form(request, form, None)
    form = AlarmForm(request.POST)
    access.put(request.principal, request.POST.get("name", "") or "*")
    if form.is_valid():
        try:
            alarm = alarms.create(form.spec(), principal=request.principal, at=clock.now())
        except InvalidAlarm as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, f"Created the alarm {alarm.name}.")
            return redirect(alarm)
    return _form(request, form, None)


def edit(request: Request, name: str) -> HttpResponse:
    """The form of an alarm's configuration; its name stays."""
    alarm = access.alarm(request.principal, name, "cloudwatch:PutMetricAlarm")
    if request.method != "POST":
        return _form(request, AlarmForm(initial=initial_of(alarm.spec)), alarm)
    form = AlarmForm({**request.POST.dict(), "name": alarm.name})
    if form.is_valid():
        alarms.put(form.spec(), principal=request.principal, at=clock.now())
        messages.success(request, f"Changed the alarm {alarm.name}.")
        return redirect(alarm)
    return _form(request, form, alarm)


def _form(request: Request, form: AlarmForm, alarm: Alarm | None) -> HttpResponse:
    known = metrics.list_metrics() if metrics.may_read(request.principal) else []
    context = {
        "form": form,
        "alarm": alarm,
        "statistics": STATISTICS,
        "namespaces": sorted({m.namespace for m in known}),
        "names": sorted({m.name for m in known}),
    }
    return pages.render(request, "alarms/form.html", context, status=422 if form.errors else 200)


@require_POST
def delete(request: Request, name: str) -> HttpResponse:
    """Delete an alarm."""
    alarm = access.alarm(request.principal, name, "cloudwatch:DeleteAlarms")
    alarms.delete(alarm, principal=request.principal, at=clock.now())
    messages.success(request, f"Deleted the alarm {alarm.name}. Its history is kept for two weeks.")
    return HttpResponseRedirect(reverse("alarms"))


@require_POST
def switch_actions(request: Request, name: str) -> HttpResponse:
    """Enable or disable an alarm's actions."""
    enabled = request.POST.get("enabled") == "1"
    action = "EnableAlarmActions" if enabled else "DisableAlarmActions"
    alarm = access.alarm(request.principal, name, f"cloudwatch:{action}")
    alarms.enable_actions(alarm, enabled, principal=request.principal, at=clock.now())
    return redirect(alarm)


@require_POST
def set_state(request: Request, name: str) -> HttpResponse:
    """Put an alarm into a state until its next evaluation."""
    alarm = access.alarm(request.principal, name, "cloudwatch:SetAlarmState")
    data: dict[str, Any] = request.POST.dict()
    moved = alarms.set_state(
        alarm,
        data.get("state", ""),
        reason=data.get("reason", "").strip(),
        principal=request.principal,
        at=clock.now(),
    )
    if moved:
        messages.success(request, "The state is set, until the next evaluation within seconds.")
    else:
        messages.info(request, "The alarm is in that state already. Nothing was changed.")
    return redirect(alarm)
