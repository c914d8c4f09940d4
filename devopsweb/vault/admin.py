"""Parameters and secrets in the admin panel: looked at, never changed, and without their values."""

from django.contrib import admin

from devopsweb.iam.panel import LookedAt
from devopsweb.vault.models import Parameter, Secret


@admin.register(Parameter)
class ParameterAdmin(LookedAt):
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
class SecretAdmin(LookedAt):
    """Secrets."""

    list_display = ["name", "changed_at", "accessed_on", "delete_after"]
    list_filter = [("delete_after", admin.EmptyFieldListFilter)]
    search_fields = ["name", "description"]
    ordering = ["name"]
    fields = (
        "name", "suffix", "description", "key_id", "tags", "resource_policy", "created_at",
        "changed_at", "accessed_on", "delete_after",
    )  # fmt: skip
