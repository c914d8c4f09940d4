"""Notifications in the admin panel: what was sent, what waits, what failed and why."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from devopsweb.kernel import clock
from monitoring.notifications.actions import messages as actions
from monitoring.notifications.models import Notification

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Notification]
else:
    Base = admin.ModelAdmin


@admin.register(Notification)
class NotificationAdmin(Base):
    """Read only, but for sending failed messages again."""

    list_display = ["created_at", "channel", "recipient", "subject", "status", "attempts", "sent_at"]
    list_filter = ["status", "channel", "created_at"]
    search_fields = ["recipient", "subject"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    actions = ["send_again"]

    @admin.action(description="Send selected failed notifications again")
    def send_again(self, request: HttpRequest, queryset: "QuerySet[Notification]") -> None:
        """Queue the failed ones of ``queryset`` anew."""
        count = sum(actions.retry(row, at=clock.now()) for row in queryset)
        self.message_user(request, f"Queued {count} notifications again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Messages are made by the product only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        """A sent message is a fact."""
        return False
