"""The feed: what happened, from the bus."""

import json

from django.http import HttpResponse

from devopsweb.events import api as events
from devopsweb.iam.http import Request
from devopsweb.ui import pages
from monitoring.trail import access, words
from monitoring.trail.forms import FilterForm

PAGE = 50


def feed(request: Request) -> HttpResponse:
    """The events that match the filter in the address, newest first."""
    access.look_up(request.principal)
    form = FilterForm(request.GET)
    wanted = form.wanted()
    if request.GET.get("part") == "new":
        since = request.GET.get("since", "0")
        fresh = events.newer(wanted, than=int(since)) if since.isdigit() else 0
        return pages.render(request, "events/feed.html", {"fresh": fresh, "since": since}, parts={"new"})
    rows, following = events.feed(wanted, token=request.GET.get("token", ""), size=PAGE)
    context = {
        "form": form,
        "rows": [_row(row) for row in rows],
        "next": following,
        "token": request.GET.get("token", ""),
        "filtered": wanted != events.Filter(),
        "wanted": wanted,
        "since": rows[0].number if rows else 0,
        "fresh": 0,
    }
    return pages.render(request, "events/feed.html", context)


def _row(row: events.EventInfo) -> dict[str, object]:
    subject, outcome = words.headline(row.detail)
    return {
        "event": row,
        "subject": subject,
        "outcome": outcome,
        "resources": [{"arn": arn, "short": words.short_arn(arn)} for arn in row.resources],
        "who": words.who(row.principal_arn),
    }


def event(request: Request, event_id: str) -> HttpResponse:
    """One event as EventBridge tells it, and who was told."""
    access.look_up(request.principal)
    row, deliveries = events.event(event_id)
    context = _row(row) | {
        "deliveries": deliveries,
        "json": json.dumps(row.envelope, indent=2, ensure_ascii=False),
    }
    return pages.render(request, "events/event.html", context)
