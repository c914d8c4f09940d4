"""The shell's own pages: My work, the palette's rows, the sidebar, the style guide."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages, palette, registry

STATES = (
    "Queued", "InProgress", "Succeeded", "Failed", "ALARM", "WaitingForApproval", "Stopping", "Stopped",
    "Superseded", "Cancelled", "RolledBack", "INSUFFICIENT_DATA", "Held", "Offline",
)  # fmt: skip


def home(request: Request) -> HttpResponse:
    """The first page; each app fills its cards."""
    principal = request.principal
    cards = [
        {"card": card, **context} for card in registry.home_cards if (context := card.context(principal))
    ]
    tallies = [
        {"tally": tally, "number": number}
        for tally in registry.tallies
        if (number := tally.count(principal)) or tally.always
    ]
    has_main = any(row["card"].column == "main" for row in cards)
    context = {"cards": cards, "tallies": tallies, "now": clock.now(), "has_main": has_main}
    if not has_main:
        context |= _first_steps(request)
    return pages.render(request, "ui/home.html", context, parts={"tally", "main", "side"})


def _first_steps(request: Request) -> dict[str, Any]:
    rows = [{"step": step, "done": step.is_done(request.principal)} for step in registry.steps]
    first_open = next((row for row in rows if not row["done"]), None)
    if first_open:
        first_open["current"] = True
    done = sum(bool(row["done"]) for row in rows)
    return {"steps": rows, "done_count": done, "all_done": first_open is None}


def nav(request: Request) -> HttpResponse:
    """The sidebar's entries with their present badges."""
    return pages.fragment(request, "ui/nav.html", {})


def palette_rows(request: Request) -> HttpResponse:
    """The command palette's rows for ``?q=``."""
    query = request.GET.get("q", "")[:200].strip()
    groups = palette.rows(request.principal, query)
    return render(request, "ui/palette_rows.html", {"groups": groups, "query": query})


def styleguide(request: Request) -> HttpResponse:
    """The components, for whoever builds a page."""
    return render(request, "ui/styleguide.html", {"now": clock.now(), "states": STATES})
