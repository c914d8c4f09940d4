"""Template words of deployments: event names that may wrap, cells of the host grid."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from deployments.presentation import Cell
from devopsweb.ui.states import look
from devopsweb.ui.templatetags.ui import duration, icon

register = template.Library()


@register.filter
def words_of(name: str) -> SafeString:
    """``ApplicationStop`` with places where it may break."""
    return format_html_join(SafeString("<wbr>"), "{}", ((w,) for w in re.findall("[A-Z][a-z]*", name)))


@register.simple_tag
def cell(part: Cell) -> SafeString:
    """One lifecycle event of one host: state, duration, link to its place in the log."""
    seen = look(part.state)
    word = part.word or seen.word
    took = duration(part.took) if part.took is not None else ""
    text = f"{part.name}: {word}" + (f", {took}" if took else "")
    inner = format_html("{}<span>{}</span>", icon(seen.icon, seen.motion, f"{part.name}: {word}"), took)
    if part.href:
        return format_html(
            '<a class="ev-c" data-s="{}" href="{}" title="{}">{}</a>', seen.family, part.href, text, inner
        )
    return format_html('<span class="ev-c" data-s="{}" title="{}">{}</span>', seen.family, text, inner)
