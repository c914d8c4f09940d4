"""Pages of log groups, their streams, and one stream."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel.paging import page
from devopsweb.ui import pages
from monitoring.logs import access, queries
from monitoring.logs.actions import retention
from monitoring.logs.forms import RetentionForm
from monitoring.logs.models import LogGroup, group_guard
from monitoring.logs.searching import search_rows

PAGE = 50
MATCHES = 200


def group_url(group: LogGroup) -> str:
    """The page of a group; its name is a query, for it may begin with a slash."""
    return f"{reverse('log-group')}?{urlencode({'name': group.name})}"


def groups(request: Request) -> HttpResponse:
    """All log groups."""
    access.groups(request.principal)
    text = request.GET.get("q", "").strip()
    found = page(queries.groups(text), token=request.GET.get("token", ""), size=PAGE)
    rows = [{"group": row, "href": group_url(row)} for row in found.rows]
    context = {"rows": rows, "next": found.next_token, "q": text}
    return pages.render(request, "logs/groups.html", context, parts={"rows"})


def group(request: Request) -> HttpResponse:
    """One group's streams, newest first."""
    row = access.group(request.principal, request.GET.get("name", ""), "logs:DescribeLogStreams")
    text = request.GET.get("q", "").strip()
    found = page(queries.streams(row, text), token=request.GET.get("token", ""), size=PAGE)
    totals = queries.totals(found.rows)
    context = {
        "group": row,
        "rows": [{"stream": s, "total": totals[s.pk]} for s in found.rows],
        "next": found.next_token,
        "q": text,
        "form": RetentionForm(initial={"days": row.retention_days or ""}),
        "may_keep": iam.is_allowed(request.principal, "logs:PutRetentionPolicy", group_guard(row.name)),
    }
    return pages.render(request, "logs/group.html", context, parts={"rows"})


@require_POST
def keep(request: Request) -> HttpResponse:
    """Change a group's retention."""
    row = access.group(request.principal, request.POST.get("name", ""), "logs:PutRetentionPolicy")
    form = RetentionForm(request.POST)
    if form.is_valid():
        days = form.cleaned_data["days"]
        retention.put(group=row, days=days)
        messages.success(
            request, f"Ended logs of {row.name} are kept {f'for {days} days' if days else 'for ever'}."
        )
    else:
        messages.error(request, "The retention was not changed: choose one of the listed periods.")
    return HttpResponseRedirect(group_url(row))


def stream(request: Request, stream_id: str) -> HttpResponse:
    """One stream; ``?to=`` and ``?q=`` serve browsers without scripts."""
    row = access.stream(request.principal, str(stream_id))
    text = request.GET.get("q", "").strip()
    context = {
        "stream": queries.info(row),
        "row": row,
        "group_href": group_url(row.group),
        "to": request.GET.get("to", ""),
        "q": text,
        "matches": search_rows(str(row.uuid), text, limit=MATCHES) if text else [],
    }
    return pages.render(request, "logs/stream.html", context, parts={"head"})
