"""Parameters and secrets in the admin panel: looked at, never changed, and without their values."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from devopsweb.vault.models import Parameter, Secret

# mypy knows this class as generic, Django does not at run time.
ModelAdmin = admin.ModelAdmin


class ReadOnly(ModelAdmin):  # type: ignore[type-arg]
    """Changes are made on the pages and by the API, where they are told and checked."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(Parameter)
class ParameterAdmin(ReadOnly):
    """Parameters."""

    list_display = ["name", "type", "tier", "version", "modified_at", "modified_by"]
    list_filter = ["type", "tier"]
    search_fields = ["name", "description"]
    ordering = ["name"]
    fields = (
        "name", "type", "tier", "data_type", "version", "description", "allowed_pattern", "key_id",
        "tags", "policies", "created_at", "modified_at", "modified_by",
    )  # fmt: skip


@admin.register(Secret)
class SecretAdmin(ReadOnly):
    """Secrets."""

    list_display = ["name", "changed_at", "accessed_on", "delete_after"]
    list_filter = [("delete_after", admin.EmptyFieldListFilter)]
    search_fields = ["name", "description"]
    ordering = ["name"]
    fields = (
        "name", "suffix", "description", "key_id", "tags", "resource_policy", "created_at",
        "changed_at", "accessed_on", "delete_after",
    )  # fmt: skip
