"""The rows of the command palette: pages, then what the apps find."""

from collections.abc import Iterable
from itertools import groupby, islice

import structlog
from django.urls import reverse

from devopsweb.kernel.principals import Principal
from devopsweb.ui import registry
from devopsweb.ui.registry import PaletteRow

log = structlog.get_logger(__name__)

MOST_PER_SOURCE = 10
MOST = 40
FIRST = ("Waiting for you",)
LAST = ("Pages",)


def rows(principal: Principal, query: str) -> list[tuple[str, list[PaletteRow]]]:
    """Groups of rows for ``query``: approvals first, pages last."""
    found = [
        row
        for provider in registry.palette_providers
        for row in islice(provider(principal, query), MOST_PER_SOURCE)
    ]
    found += [row for row in _pages(principal) if _matches(row.label, query)]
    order = {name: place for place, name in enumerate(dict.fromkeys(row.group for row in found))}
    found.sort(key=lambda row: (row.group not in FIRST, row.group in LAST, order[row.group]))
    return [(name, list(group)) for name, group in groupby(found[:MOST], key=lambda row: row.group)]


def _pages(principal: Principal) -> Iterable[PaletteRow]:
    yield PaletteRow("Pages", "My work", reverse("home"), "inbox", "g h")
    for item in registry.nav_items:
        if item.visible is None or item.visible(principal):
            note = f"g {item.key}" if item.key else ""
            yield PaletteRow("Pages", item.label, reverse(item.url), item.icon, note)
    yield PaletteRow("Pages", "Settings", reverse("settings"), "settings")


def _matches(label: str, query: str) -> bool:
    return all(word in label.lower() for word in query.lower().split())
