"""Which tags a call brings, read from its parameters as the model shapes them.

So every operation that sets or takes tags has ``aws:RequestTag/…`` and ``aws:TagKeys`` in the decision's
context, whoever wrote it and whenever.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from devopsweb.kernel import tags

_TAGS = frozenset({"tags", "tagslist"})
_KEYS = "tagkeys"
_TAKING = ("Untag", "Remove")


def brought(operation: str, params: Mapping[str, Any]) -> tags.Facts:
    """The condition keys of the tags that ``operation`` (``TagResource``) was called with."""
    for name, value in params.items():
        if name.lower() in _TAGS:
            found = _set(value)
            return tags.of_request(list(found) if operation.startswith(_TAKING) else found)
        if name.lower() == _KEYS:
            return tags.of_request(list(value))
    return {}


def _set(value: Any) -> dict[str, str]:
    """The tags of a map, of a list of keys and values, or of a list of keys alone."""
    if isinstance(value, Mapping):
        return dict(value)
    return dict(_pairs(value))


def _pairs(value: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for one in value:
        if isinstance(one, str):
            yield one, ""
        else:
            yield from (pair for pair in tags.pairs([one]) if pair[0])
