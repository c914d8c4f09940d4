"""Deliveries in the admin panel: what waits, what was given up and why."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from devopsweb.events.actions import deliveries
from devopsweb.events.models import Delivery
from devopsweb.kernel import clock

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Delivery]
else:
    Base = admin.ModelAdmin


@admin.register(Delivery)
class DeliveryAdmin(Base):
    """Read only, but for trying dead deliveries again."""

    list_display = ["event", "handler", "state", "attempts", "due_at", "delivered_at", "dead_at", "error"]
    list_filter = [("dead_at", admin.EmptyFieldListFilter), ("delivered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["event"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["deliver_again"]

    @admin.action(description="Deliver selected dead deliveries again")
    def deliver_again(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        """Revive the dead ones of ``queryset``."""
        count = sum(deliveries.revive(row, at=clock.now()) for row in queryset)
        self.message_user(request, f"{count} deliveries are tried again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Deliveries are made by publishing only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """A delivery is a fact."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """A delivery goes with its event."""
        return False
