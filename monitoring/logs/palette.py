"""Log groups in the command palette."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.http import urlencode

from devopsweb.kernel.principals import Principal
from devopsweb.ui.registry import PaletteRow
from monitoring.logs import access, queries

MOST = 5


def rows(principal: Principal, text: str) -> Iterable[PaletteRow]:
    """Groups whose name contains ``text``, for whoever may list them."""
    if len(text) < 2 or not access.may_list(principal):
        return []
    return [
        PaletteRow(
            "Logs",
            row.name,
            f"{reverse('log-group')}?{urlencode({'name': row.name})}",
            "list-search",
            "Log group",
        )
        for row in queries.groups(text).order_by("name")[:MOST]
    ]
