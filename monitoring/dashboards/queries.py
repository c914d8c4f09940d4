"""Reads dashboards."""

from devopsweb.kernel.errors import NotFound
from monitoring.dashboards.models import Dashboard


class DashboardNotFound(NotFound):
    """No dashboard has this name."""


def dashboard(name: str) -> Dashboard:
    """The dashboard ``name``. Raises ``DashboardNotFound``."""
    row = Dashboard.objects.filter(name=name).first()
    if row is None:
        raise DashboardNotFound(f"There is no dashboard named {name!r}.")
    return row
