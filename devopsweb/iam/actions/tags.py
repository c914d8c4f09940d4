"""Tags of users, roles and policies; keys are told apart without case."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from devopsweb.iam import quotas
from devopsweb.iam.actions.entities import changing, kind_of
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import InvalidInput, LimitExceeded
from devopsweb.iam.models import Policy, Role, User
from devopsweb.kernel.principals import Principal

_SPELLING = re.compile(r"[\w\s.:/=+@-]+")
Tagged = User | Role | Policy


def checked(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The tags as a mapping. Raises ``InvalidInput``, ``LimitExceeded``."""
    tags: dict[str, str] = {}
    seen: set[str] = set()
    for key, value in given:
        if key.lower().startswith("aws:"):
            raise InvalidInput("Tag keys that begin with aws: are reserved for system use.")
        if key.lower() in seen:
            raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        seen.add(key.lower())
        tags[key] = value
    if len(tags) > quotas.TAGS:
        raise LimitExceeded(f"The number of tags has reached the maximum limit of {quotas.TAGS}.")
    return tags


def spelled(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags, whose spelling nobody has checked yet. Raises ``InvalidInput``."""
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or not _SPELLING.fullmatch(key + value):
            raise InvalidInput(
                "A tag's key has 1 to 128 and its value at most 256 letters, digits, blanks or _ . : / = + - @"
            )
    return dict(tags)


def merged(present: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """``present`` with ``new`` laid over it."""
    replaced = {key.lower() for key in new}
    return {key: value for key, value in present.items() if key.lower() not in replaced} | dict(new)


def add(*, thing: Tagged, tags: Mapping[str, str], by: Principal | None, at: datetime) -> None:
    """Add tags, or give present ones new values. Raises ``InvalidInput``, ``LimitExceeded``."""
    new = checked(tags.items())
    _change(thing, lambda present: checked(merged(present, new).items()), "Tag", by, at)


def remove(*, thing: Tagged, keys: Iterable[str], by: Principal | None, at: datetime) -> None:
    """Remove the tags of these keys; those that are not there don't matter."""
    gone = {key.lower() for key in keys}
    _change(
        thing, lambda present: {k: v for k, v in present.items() if k.lower() not in gone}, "Untag", by, at
    )


def _change(
    thing: Tagged,
    change: Callable[[Mapping[str, str]], dict[str, str]],
    verb: str,
    by: Principal | None,
    at: datetime,
) -> None:
    kind = kind_of(thing)
    named = {"policyArn": thing.arn} if kind == "policy" else {f"{kind}Name": str(thing)}
    with changing(thing):
        thing.refresh_from_db(fields=["tags"])
        thing.tags = change(thing.tags)
        thing.save(update_fields=["tags"])
        tell(f"{verb}{kind.capitalize()}", arns=[thing.arn], by=by, at=at, **named)
