"""Template words of builds."""

from django import template
from django.utils.safestring import SafeString

from devopsweb.ui.states import look
from devopsweb.ui.templatetags.ui import icon

register = template.Library()


@register.simple_tag
def phase_icon(state: str) -> SafeString:
    """A phase's state as an icon alone, its word for screen readers."""
    seen = look(state)
    return icon(seen.icon, seen.motion, seen.word)
