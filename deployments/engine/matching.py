"""Which instances belong to a deployment group."""

from collections.abc import Mapping, Sequence
from typing import Any

Filter = Mapping[str, str]


def matches(tags: Mapping[str, str], filters: Sequence[Sequence[Filter]]) -> bool:
    """Whether ``tags`` satisfy the tag set: any filter of a list, in every list."""
    return bool(filters) and all(any(_one(tags, item) for item in group) for group in filters)


def _one(tags: Mapping[str, str], item: Filter) -> bool:
    key, value = item.get("Key", ""), item.get("Value", "")
    kind = item.get("Type", "KEY_AND_VALUE")
    if kind == "KEY_ONLY":
        return key in tags
    if kind == "VALUE_ONLY":
        return value in tags.values()
    return tags.get(key) == value


def problem(filters: Any) -> str:
    """What is wrong with a tag set, in a sentence; empty when nothing is."""
    if not isinstance(filters, list) or not all(isinstance(group, list) for group in filters):
        return "The tag filters must be a list of lists of filters."
    if len(filters) > 3:
        return "A deployment group takes at most 3 tag groups."
    for item in (item for group in filters for item in group):
        if not isinstance(item, dict) or not (item.get("Key") or item.get("Value")):
            return "Each tag filter needs a key, a value or both."
        if item.get("Type", "KEY_AND_VALUE") not in {"KEY_ONLY", "VALUE_ONLY", "KEY_AND_VALUE"}:
            return f"The tag filter type {item['Type']!r} is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE."
    if any(len(group) > 10 for group in filters):
        return "A tag group takes at most 10 filters."
    return ""
