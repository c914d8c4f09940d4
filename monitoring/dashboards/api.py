"""The front door of dashboards."""

from datetime import datetime

from devopsweb.kernel.principals import Principal
from monitoring.dashboards.actions import dashboards
from monitoring.dashboards.actions.dashboards import InvalidDashboard
from monitoring.dashboards.engine.body import Message
from monitoring.dashboards.models import Dashboard

__all__ = ["InvalidDashboard", "Message", "dashboard_exists", "put_dashboard"]


def put_dashboard(*, name: str, body: str, principal: Principal, at: datetime) -> tuple[Message, ...]:
    """Create or replace a dashboard from CloudWatch's JSON text; answers warnings.

    Raises ``InvalidDashboard``.
    """
    return dashboards.put(name=name, body=body, principal=principal, at=at)


def dashboard_exists(name: str) -> bool:
    """Whether there is a dashboard ``name``."""
    return Dashboard.objects.filter(name=name).exists()
