"""What dashboards hang into the shell."""

from collections.abc import Iterable

from devopsweb.kernel.principals import Principal
from devopsweb.ui.registry import PaletteRow
from monitoring.dashboards import access
from monitoring.dashboards.models import Dashboard


def palette(principal: Principal, text: str) -> Iterable[PaletteRow]:
    """Dashboards whose name contains ``text``."""
    found = list(Dashboard.objects.filter(name__icontains=text).order_by("name")[:5]) if text else []
    if not found or not access.may_list(principal):
        return []
    return [
        PaletteRow("Go to", row.name, row.get_absolute_url(), "layout-dashboard", "Dashboard")
        for row in found
    ]
