"""Template context of the shell around every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from devopsweb.ui import registry


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation with its badges, theme, and where we are; evaluated only where used."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "region": settings.DEVOPSWEB_REGION,
        "nav": lambda: _nav(request),
    }


def _nav(request: HttpRequest) -> list[dict[str, Any]]:
    principal = getattr(request, "principal", None)
    if principal is None:
        return []
    entries = []
    for item in registry.nav_items:
        number, state = item.count(principal) if item.count else (0, "")
        href = reverse(item.url)
        entries.append(
            {
                "item": item,
                "href": href,
                "number": number,
                "state": state,
                "current": request.path.startswith(href),
            }
        )
    return entries
