"""Small words that templates of repositories need."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(found: Mapping[str, Sequence[Any]], sha: str) -> Sequence[Any]:
    """What was found for one commit."""
    return found.get(sha, ())


@register.filter
def path(text: str) -> str:
    """``text`` without a slash at its end."""
    return text.rstrip("/")
