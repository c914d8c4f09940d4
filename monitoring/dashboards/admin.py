"""Dashboards in the admin panel."""

from django.contrib import admin
from django.urls import reverse

from devopsweb.ui import panel
from monitoring.dashboards.actions import dashboards
from monitoring.dashboards.engine import body
from monitoring.dashboards.models import Dashboard, dashboard_arn


@admin.register(Dashboard)
class DashboardAdmin(panel.Kept):
    """Dashboards, with who changed them last."""

    listing = ("cloudwatch:ListDashboards", "*")
    viewing = "cloudwatch:GetDashboard"
    creating = ("dashboard-new", "cloudwatch:PutDashboard", dashboard_arn("*"))
    verbs = (
        panel.deletion(
            permission="cloudwatch:DeleteDashboards",
            run=lambda row, by, at: dashboards.delete(row, principal=by, at=at),
            warning="The dashboard goes for everybody. Metrics and alarms stay.",
        ),
    )
    list_display = ["name", "count", "changed_by", "updated_at"]
    list_filter = ["updated_at"]
    search_fields = ["name", "updated_by"]
    ordering = ["name"]
    fields = ("name", "widgets", "changed_by", "updated_at", "resource")

    def editor(self, row: Dashboard) -> tuple[str, str, str]:
        """The dashboard's editor."""
        return "Edit", reverse("dashboard-edit", args=[row.name]), "cloudwatch:PutDashboard"

    @admin.display(description="widgets")
    def count(self, obj: Dashboard) -> int:
        """How many."""
        return len(body.load(obj.body).widgets)

    @admin.display
    def widgets(self, obj: Dashboard) -> str:
        """What it shows."""
        return panel.lines([f"{one.title or 'untitled'} ({one.type})" for one in body.load(obj.body).widgets])

    @admin.display(description="changed by", ordering="updated_by")
    def changed_by(self, obj: Dashboard) -> str:
        """Who changed it last."""
        return panel.who(obj.updated_by)
