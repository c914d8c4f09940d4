"""Template words of logs: what of a stream may be shown to whoever asks."""

from dataclasses import dataclass
from typing import Any

from django import template

from devopsweb.iam import api as iam
from monitoring.logs import queries
from monitoring.logs.engine.ansi import plain
from monitoring.logs.types import StreamInfo

register = template.Library()

SHOWN = 200


@dataclass(frozen=True)
class Row:
    """A line as the page without scripts shows it."""

    number: int
    text: str
    css: str


@dataclass(frozen=True)
class Excerpt:
    """Some lines of a stream, and where the ones before and after begin."""

    rows: list[Row]
    older: int
    newer: int
    total: int
    ended: bool


@register.simple_tag(takes_context=True)
def log_excerpt(context: dict[str, Any], stream: StreamInfo, to: int | str = "") -> Excerpt | None:
    """The last lines of ``stream``, or those before line ``to``; None for whoever may not read it."""
    principal = context["request"].principal
    if principal is None or not iam.is_allowed(principal, "logs:GetLogEvents", stream.arn):
        return None
    stop = min(int(to), stream.total) if str(to).isdigit() else stream.total
    start = max(0, stop - SHOWN)
    page = queries.lines(stream.id, start=start, limit=stop - start)
    rows = [
        Row(number, plain(line.text), "bad" if line.mark == "error" else "ours" if line.mark else "")
        for number, line in enumerate(page.lines, start + 1)
    ]
    return Excerpt(
        rows, start, min(stop + SHOWN, page.total) if stop < page.total else 0, page.total, page.ended
    )
