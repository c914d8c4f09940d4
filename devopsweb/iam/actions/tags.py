"""Tags of users, roles and policies; keys are told apart without case."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from devopsweb.iam.actions.entities import changing, kind_of
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import InvalidInput
from devopsweb.iam.models import Policy, Role, User
from devopsweb.kernel import tags
from devopsweb.kernel.principals import Principal

_SPELLING = re.compile(r"[\w\s.:/=+@-]+")
Tagged = User | Role | Policy


def checked(given: tags.Given) -> dict[str, str]:
    """The tags as a mapping. Raises ``kernel.tags.InvalidTags``."""
    return tags.checked(given, fold=True)


def spelled(new: Mapping[str, str]) -> dict[str, str]:
    """The tags, whose spelling nobody has checked yet. Raises ``InvalidInput``."""
    for key, value in new.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or not _SPELLING.fullmatch(key + value):
            raise InvalidInput(
                "A tag's key has 1 to 128 and its value at most 256 letters, digits, blanks or _ . : / = + - @"
            )
    return dict(new)


def add(*, thing: Tagged, new: tags.Given, by: Principal | None, at: datetime) -> None:
    """Add tags, or give present ones new values. Raises ``kernel.tags.InvalidTags``."""
    wanted = list(new.items() if isinstance(new, Mapping) else new)
    _change(thing, lambda present: tags.merged(present, wanted, fold=True), "Tag", by, at)


def remove(*, thing: Tagged, keys: Iterable[str], by: Principal | None, at: datetime) -> None:
    """Remove the tags of these keys; those that are not there don't matter."""
    gone = list(keys)
    _change(thing, lambda present: tags.without(present, gone, fold=True), "Untag", by, at)


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
