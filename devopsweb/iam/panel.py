"""The base of the panel's pages about identity."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Identity is changed in the panel by administrators only; others look, as their policies allow.

    The panel asks about kinds of things, not about one ARN with its conditions. Who may change some
    identities and not others does so on the pages of Access or by the API, which ask precisely.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators."""
        return super().has_add_permission(request) and _administers(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return super().has_change_permission(request, obj) and _administers(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return super().has_delete_permission(request, obj) and _administers(request)


def _administers(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
