"""The trail in the admin panel: to be read."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from monitoring.trail.models import Record, Trail

if TYPE_CHECKING:
    Records = admin.ModelAdmin[Record]
    Trails = admin.ModelAdmin[Trail]
else:
    Records = Trails = admin.ModelAdmin


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest) -> bool:
        """Records are made by calls, trails by CloudTrail's operations."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """What was written stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """What was written stays."""
        return False


@admin.register(Record)
class RecordAdmin(_ReadOnly, Records):
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
class TrailAdmin(_ReadOnly, Trails):
    """Where copies go."""

    list_display = ["name", "bucket", "prefix", "is_logging", "delivered_at", "delivery_error"]
    ordering = ["name"]
