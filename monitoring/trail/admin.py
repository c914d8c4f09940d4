"""The trail in the admin panel: to be read."""

from django.contrib import admin

from devopsweb.iam.panel import LookedAt
from monitoring.trail.models import Record, Trail


@admin.register(Record)
class RecordAdmin(LookedAt):
    """Every call, newest first."""

    list_display = [
        "sequence",
        "time",
        "event_name",
        "event_source",
        "username",
        "source_ip",
        "error_code",
    ]
    list_filter = ["read_only"]
    ordering = ["-sequence"]
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description="Time", ordering="sequence")
    def time(self, row: Record) -> str:
        """To the second, with its zone."""
        return f"{row.event_time:%Y-%m-%d %H:%M:%S} UTC"


@admin.register(Trail)
class TrailAdmin(LookedAt):
    """Where copies go."""

    list_display = ["name", "bucket", "prefix", "is_logging", "delivered_at", "delivery_error"]
    ordering = ["name"]
