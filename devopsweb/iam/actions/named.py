"""Policies that name a user or role as their principal mean that one, whatever it is called and for as long as it lives.

AWS keeps the unique id behind the ARN. We keep the ARN, and write it anew when its bearer gets another one, and
the unique id in its place when the bearer is deleted: whoever has the name later is somebody else.
"""

from collections.abc import Callable
from typing import Any

from devopsweb.iam.models import Role, User
from devopsweb.kernel.arn import arn

Change = Callable[[Any], Any]
Follower = Callable[[str, Change], None]
_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have ``follower(old name, change)`` called, in the transaction of the change.

    It keeps ``change(document)`` of each resource policy that may hold the old name.
    """
    if follower not in _followers:
        _followers.append(follower)


def renamed(old: str, new: str) -> None:
    """The bearer of the ARN ``old`` has the ARN ``new`` from now on."""
    _change(old, {old: new})


def deleted(thing: User | Role) -> None:
    """The user or role is deleted: its names mean nobody any more."""
    _change(thing.arn, {thing.arn: thing.unique_id})
    if isinstance(thing, Role):
        sessions = arn("sts", f"assumed-role/{thing.name}/")
        _change(sessions, {}, prefix=(sessions, f"{thing.unique_id}:"))


def _change(old: str, names: dict[str, str], prefix: tuple[str, str] = ("", "")) -> None:
    def name(text: str) -> str:
        if prefix[0] and text.startswith(prefix[0]):
            return prefix[1] + text.removeprefix(prefix[0])
        return names.get(text, text)

    def change(document: Any) -> Any:
        return _with_statements(document, name)

    for role in Role.objects.exclude(trust_policy={}):
        changed = change(role.trust_policy)
        if changed != role.trust_policy:
            role.trust_policy = changed
            role.save(update_fields=["trust_policy"])
    for follower in _followers:
        follower(old, change)


def _with_statements(document: Any, name: Callable[[str], str]) -> Any:
    if not isinstance(document, dict):
        return document
    given = document.get("Statement", [])
    told = [_statement(one, name) for one in given] if isinstance(given, list) else _statement(given, name)
    return {**document, "Statement": told}


def _statement(one: Any, name: Callable[[str], str]) -> Any:
    if not isinstance(one, dict):
        return one
    return {
        key: {**value, "AWS": _names(value["AWS"], name)} if _names_identities(key, value) else value
        for key, value in one.items()
    }


def _names_identities(key: str, value: Any) -> bool:
    return key in ("Principal", "NotPrincipal") and isinstance(value, dict) and "AWS" in value


def _names(given: Any, name: Callable[[str], str]) -> Any:
    if isinstance(given, list):
        return [name(one) if isinstance(one, str) else one for one in given]
    return name(given) if isinstance(given, str) else given
