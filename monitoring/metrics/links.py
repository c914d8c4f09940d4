"""Links that change one thing of a page's address and keep the rest."""

from typing import Any

from django.http import QueryDict

from monitoring.metrics.engine.windows import LABELS, Window


def ranges(query: QueryDict, window: Window) -> list[dict[str, Any]]:
    """The named time ranges, the one of ``window`` marked."""
    found = []
    for name, label in LABELS.items():
        changed = query.copy()
        for key in ("from", "to", "period", "part"):
            changed.pop(key, None)
        changed["range"] = name
        found.append({"label": label, "href": f"?{changed.urlencode()}", "on": name == window.name})
    return found
