"""Tags: what AWS allows of them, how they change, and what policies may ask of a request that brings some.

The rules are the same for every service (Tagging AWS Resources User Guide); what each service calls a broken
one stands in its ``service(errors={tags.TooManyTags: …})``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import models, transaction

from devopsweb.kernel.errors import Invalid

MOST = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
_RESERVED = "aws:"

Given = Mapping[str, str] | Iterable[tuple[str, str]]
Facts = dict[str, str | list[str]]


class InvalidTags(Invalid):
    """A key or a value is too long, or a key is empty."""


class ReservedTag(InvalidTags):
    """A key begins with ``aws:``."""


class DuplicateTag(InvalidTags):
    """A request names a key twice."""


class TooManyTags(InvalidTags):
    """A resource has fifty tags at most."""


def checked(given: Given, *, fold: bool = False) -> dict[str, str]:
    """The tags as a mapping. IAM and STS tell keys apart without case (``fold``).

    Raises ``InvalidTags``, ``ReservedTag``, ``DuplicateTag``, ``TooManyTags``.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for key, value in given.items() if isinstance(given, Mapping) else given:
        _check(key, value)
        if _same(key, fold) in seen:
            without = " Tag keys are case insensitive." if fold else ""
            raise DuplicateTag(f"Duplicate tag keys found: {key!r}.{without}")
        seen.add(_same(key, fold))
        found[key] = value
    if len(found) > MOST:
        raise TooManyTags(f"The number of tags has reached the maximum limit of {MOST}.")
    return found


def _check(key: str, value: str) -> None:
    if key.lower().startswith(_RESERVED):
        raise ReservedTag(
            f"Tag keys that begin with aws: are reserved for system use: {key[:LONGEST_KEY]!r}."
        )
    if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
        raise InvalidTags(
            f"The tag {key[:LONGEST_KEY]!r} is not valid: a key has 1 to {LONGEST_KEY} characters, "
            f"a value at most {LONGEST_VALUE}."
        )


def _same(key: str, fold: bool) -> str:
    return key.lower() if fold else key


def merged(present: Mapping[str, str], given: Given, *, fold: bool = False) -> dict[str, str]:
    """``present`` with the tags ``given`` laid over it. Raises what ``checked`` does."""
    new = checked(given, fold=fold)
    return checked({**without(present, new, fold=fold), **new}, fold=fold)


def without(present: Mapping[str, str], keys: Iterable[str], *, fold: bool = False) -> dict[str, str]:
    """``present`` without the tags of these keys; those that are not there don't matter."""
    gone = {_same(key, fold) for key in keys}
    return {key: value for key, value in present.items() if _same(key, fold) not in gone}


def add(row: models.Model, given: Given) -> None:
    """Add tags to a row that keeps them in ``tags``, or give present ones new values. Raises what ``checked`` does."""
    _change(row, lambda held: merged(held, given))


def remove(row: models.Model, keys: Iterable[str]) -> None:
    """Take the tags of these keys from a row that keeps them in ``tags``."""
    gone = list(keys)
    _change(row, lambda held: without(held, gone))


def _change(row: models.Model, change: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
    """Two requests at once both count: the row is locked between reading and writing."""
    rows = type(row)._default_manager
    with transaction.atomic():
        held: Any = rows.select_for_update().get(pk=row.pk)
        row.tags = change(held.tags)  # type: ignore[attr-defined]  # each caller's model has the field
        rows.filter(pk=row.pk).update(tags=row.tags)  # type: ignore[attr-defined]


def pairs(listed: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """The tags of a request's list of ``{"Key", "Value"}`` or ``{"key", "value"}``; one without a key has an empty one."""
    folded = [{name.lower(): value for name, value in one.items()} for one in listed]
    return [(one.get("key", ""), one.get("value", "")) for one in folded]


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as most services list them: ``[{"Key", "Value"}]``."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def of_request(tags: Mapping[str, str] | Sequence[str]) -> Facts:
    """``aws:TagKeys``, and ``aws:RequestTag/…`` of a request that sets ``tags``; keys alone take tags away."""
    if not tags:
        return {}
    facts: Facts = {"aws:TagKeys": list(tags)}
    if isinstance(tags, Mapping):
        facts |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return facts
