"""The bases of the panel's pages: about identity, and about what is only looked at."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html


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


class LookedAt(admin.ModelAdmin):  # type: ignore[type-arg]
    """Things that are not made, changed or deleted by the panel's own forms: pages, API and jobs do that."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


def as_json(document: Any) -> str:
    """A document as it is written on the pages, to look at."""
    return format_html('<pre class="json">{}</pre>', json.dumps(document, indent=2, ensure_ascii=False))


def titled(title: str, *, yes: str = "Yes", no: str = "No") -> type[admin.BooleanFieldListFilter]:
    """A filter for yes and no, in words that an operator knows."""
    words = {"Yes": yes, "No": no}

    class Titled(admin.BooleanFieldListFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

        def choices(self, changelist: Any) -> Iterator[Any]:
            for choice in super().choices(changelist):
                shown = str(choice["display"])
                yield choice | {"display": words.get(shown, shown)}

    return Titled


def _administers(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
