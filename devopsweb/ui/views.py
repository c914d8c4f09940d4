"""The shell's own pages: My work, the palette's rows, the sidebar, the style guide."""

from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template import loader

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages, palette, registry

STATES = (
    "Queued", "InProgress", "Succeeded", "Failed", "ALARM", "WaitingForApproval", "Stopping", "Stopped",
    "Superseded", "Cancelled", "RolledBack", "INSUFFICIENT_DATA", "Held", "Offline",
)  # fmt: skip


class Home:
    """What My work shows; each part asks only for its own."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def tallies(self) -> list[dict[str, Any]]:
        """The counters that are not zero."""
        counted = [(tally, tally.count(self.request.principal)) for tally in registry.tallies]
        return [{"tally": tally, "number": number} for tally, number in counted if number or tally.always]

    @cached_property
    def main(self) -> list[str]:
        """The rendered cards of the wide column."""
        return self._cards("main")

    @cached_property
    def side(self) -> list[str]:
        """The rendered cards of the narrow column."""
        return self._cards("side")

    def _cards(self, column: str) -> list[str]:
        """Cards that have something to show: an empty context or an empty text hides one."""
        texts = []
        for card in registry.home_cards:
            context = card.context(self.request.principal) if card.column == column else {}
            if context:
                shown = {"card": {"card": card, **context}}
                texts.append(loader.render_to_string(card.template, shown, self.request))
        return [text for text in texts if text.strip()]

    @cached_property
    def is_blind(self) -> bool:
        """Whether nothing of the product but this page would open."""
        principal = self.request.principal
        return not any(item.visible(principal) for item in registry.nav_items if item.visible)

    @cached_property
    def granters(self) -> list[str]:
        """The names of the users who can attach a policy to whoever looks."""
        return iam.users_allowed("iam:AttachUserPolicy", self.request.principal.arn)

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """The way to the first release, with what is done."""
        rows = [{"step": step, "done": step.is_done(self.request.principal)} for step in registry.steps]
        first_open = next((row for row in rows if not row["done"]), None)
        if first_open:
            first_open["current"] = True
        return rows

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(bool(row["done"]) for row in self.steps)

    @property
    def all_done(self) -> bool:
        """Whether nothing is left of the first steps."""
        return self.done == len(self.steps)


def home(request: Request) -> HttpResponse:
    """The first page; each app fills its cards."""
    context = {"home": Home(request), "now": clock.now()}
    return pages.render(request, "ui/home.html", context, parts={"tally", "main", "side"})


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
