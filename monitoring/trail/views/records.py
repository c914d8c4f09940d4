"""The audit trail: who called what, and what was refused."""

import json

from django.conf import settings
from django.http import HttpResponse

from devopsweb.iam.http import Request
from devopsweb.ui import pages
from monitoring.trail import access, explanations, keeping, queries, words
from monitoring.trail.forms import RecordForm
from monitoring.trail.queries import RecordInfo

PAGE = 50


def trail(request: Request) -> HttpResponse:
    """The records that match the filter in the address, newest first."""
    access.look_up(request.principal)
    form = RecordForm(request.GET)
    wanted = form.wanted()
    if request.GET.get("part") == "new":
        since = request.GET.get("since", "0")
        fresh = queries.newer(wanted, than=int(since)) if since.isdigit() and len(since) < 19 else 0
        return pages.render(request, "trail/trail.html", {"fresh": fresh, "since": since}, parts={"new"})
    found = queries.lookup(wanted, token=request.GET.get("token", ""), size=PAGE)
    context = {
        "form": form,
        "rows": [_row(info) for info in found.rows],
        "next": found.next_token,
        "token": request.GET.get("token", ""),
        "filtered": form.is_filtered(),
        "wanted": wanted,
        "sources": queries.sources(),
        "since": found.rows[0].sequence if found.rows else 0,
        "fresh": 0,
        "days": access.days_kept(),
        "failing": keeping.failing(),
        "required": settings.DEVOPSWEB_TRAIL_REQUIRED,
    }
    return pages.render(request, "trail/trail.html", context)


def _row(info: RecordInfo) -> dict[str, object]:
    return {
        "info": info,
        "outcome": words.outcome(info),
        "role": words.role(info.principal_arn),
        "resources": [{"arn": r["ARN"], "short": words.short_arn(r["ARN"])} for r in info.resources],
        "door": words.door(info.record),
    }


def record(request: Request, event_id: str) -> HttpResponse:
    """One record: the facts, what the person had before them, the same request's others, the JSON."""
    access.look_up(request.principal)
    info = queries.record(event_id)
    context = _row(info) | {
        "record": info.record,
        "identity": info.record.get("userIdentity") or {},
        "parameters": words.flat(info.record.get("requestParameters")),
        "story": explanations.of(request.principal, info.record),
        "neighbours": queries.neighbours(info),
        "json": json.dumps(info.record, indent=2, ensure_ascii=False),
    }
    return pages.render(request, "trail/record.html", context)
