"""Log groups in the admin panel."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from devopsweb.kernel.arn import arn
from devopsweb.ui import panel
from monitoring.logs import views
from monitoring.logs.actions import groups
from monitoring.logs.models import LogGroup, group_guard


@admin.register(LogGroup)
class LogGroupAdmin(panel.Kept):
    """Log groups, with how much they hold."""

    listing = ("logs:DescribeLogGroups", arn("logs", "log-group:*"))
    viewing = "logs:DescribeLogStreams"
    verbs = (
        panel.deletion(
            permission="logs:DeleteLogGroup",
            run=lambda row, by, at: groups.delete(row),
            warning="All of its streams go for good, those of finished builds and deployments too.",
        ),
    )
    list_display = ["name", "stream_count", "stored", "retention", "last_begun", "is_protected", "created_at"]
    list_filter = ["retention_days", "log_class", "is_protected", panel.TagFilter]
    search_fields = ["name"]
    ordering = ["name"]
    fields = (
        "name", "stream_count", "stored", "last_begun", "retention", "log_class", "is_protected", "resource",
        "labels", "created_at",
    )  # fmt: skip

    def guard(self, row: LogGroup) -> str:
        """The group with all of its streams, as policies name it."""
        return group_guard(row.name)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LogGroup]":
        """With what is in them."""
        rows: QuerySet[LogGroup] = super().get_queryset(request)
        return rows.annotate(
            streams_held=Count("streams"),
            bytes_held=Sum("streams__stored_bytes"),
            begun_at=Max("streams__created_at"),
        )

    def view_on_site(self, obj: LogGroup) -> str:
        """The group's page, where its retention is set."""
        return views.group_url(obj)

    @admin.display(description="streams", ordering="streams_held")
    def stream_count(self, obj: Any) -> int:
        """How many."""
        return int(obj.streams_held)

    @admin.display(description="ended logs", ordering="bytes_held")
    def stored(self, obj: Any) -> str:
        """How much ended streams hold; running ones are not counted yet."""
        return filesizeformat(obj.bytes_held or 0)

    @admin.display(description="kept for", ordering="retention_days")
    def retention(self, obj: LogGroup) -> str:
        """How long."""
        return f"{obj.retention_days} days" if obj.retention_days else "ever"

    @admin.display(description="newest stream", ordering="begun_at")
    def last_begun(self, obj: Any) -> str:
        """When it began."""
        return panel.moment(obj.begun_at)
