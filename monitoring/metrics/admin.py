"""Metrics in the admin panel: what is measured, and since when nothing came."""

from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse

from devopsweb.ui import panel
from monitoring.metrics.models import Stream


@admin.register(Stream)
class MetricAdmin(panel.Kept):
    """Metrics that have data; they go by themselves when their data is too old."""

    listing = ("cloudwatch:ListMetrics", "*")
    viewing = "cloudwatch:ListMetrics"
    list_display = ["name", "namespace", "measured_on", "unit", "last_at"]
    list_filter = ["namespace", "last_at"]
    search_fields = ["name", "namespace", "unit"]
    ordering = ["namespace", "name", "pk"]
    fields = ("name", "namespace", "measured_on", "unit", "last_at")

    def guard(self, row: Stream) -> str:
        """CloudWatch knows no finer grain."""
        return "*"

    def history_of(self, row: Stream) -> str:
        """Nobody does anything to a metric."""
        return ""

    def view_on_site(self, obj: Stream) -> str:
        """The metric among those of the product's page."""
        return f"{reverse('metrics')}?{urlencode({'q': obj.name})}"

    @admin.display(description="dimensions")
    def measured_on(self, obj: Stream) -> str:
        """What it is measured on."""
        return panel.pairs(obj.dimensions)
