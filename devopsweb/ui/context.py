"""Template context of the shell around every page."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from devopsweb.ui import registry


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation with its badges, theme, and where we are; evaluated only where used."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "region": settings.DEVOPSWEB_REGION,
        "nav": SimpleLazyObject(lambda: _nav(request)),
        "single_keys": getattr(getattr(request, "user", None), "single_keys", True),
        "on_home": shown_path(request) == "/",
        "signed_in": getattr(request, "principal", None) is not None,
    }


def shown_path(request: HttpRequest) -> str:
    """The path of the page in the browser: for a live part that of the page around it."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path or request.path


def _nav(request: HttpRequest) -> list[dict[str, Any]]:
    principal = getattr(request, "principal", None)
    if principal is None:
        return []
    items = [item for item in registry.nav_items if item.visible is None or item.visible(principal)]
    hrefs = {item: reverse(item.url) for item in items}
    path = shown_path(request)
    current = max((href for href in hrefs.values() if path.startswith(href)), key=len, default="")
    entries = []
    for item in items:
        number, state = item.count(principal) if item.count else (0, "")
        entries.append(
            {
                "item": item,
                "href": hrefs[item],
                "number": number,
                "state": state,
                "current": hrefs[item] == current,
            }
        )
    return entries
