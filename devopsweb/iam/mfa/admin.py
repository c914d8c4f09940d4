"""Devices in the admin panel: looked at and taken away, never made; seeds are not shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from devopsweb.iam.http import asker
from devopsweb.iam.mfa import actions
from devopsweb.iam.mfa.models import VirtualDevice
from devopsweb.iam.panel import ModelAdmin
from devopsweb.kernel import clock


@admin.register(VirtualDevice)
class DeviceAdmin(ModelAdmin):
    """Authenticators."""

    list_display = ["name", "user", "enabled_at"]
    list_filter = [("user", admin.EmptyFieldListFilter)]
    search_fields = ["name", "user__username"]
    fields = ("name", "user", "created_at", "enabled_at")
    readonly_fields = ("name", "user", "created_at", "enabled_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Users set theirs up themselves."""
        return False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take it from its user first, so that it is told."""
        actions.remove_own(device=obj, by=asker(request), at=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[VirtualDevice]") -> None:
        """One by one, so that each is told."""
        for device in queryset:
            self.delete_model(request, device)
