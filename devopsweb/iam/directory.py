"""What each user and role may do, compiled once and kept until anything about identities changes.

The token of ``PolicySet`` is read once per request (once per question outside of requests);
as long as it stays the same, every answer comes from memory. A change therefore holds at
once in all processes, however many there are.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from django.db.models import Q

from devopsweb.iam.engine.evaluate import PolicySource
from devopsweb.iam.engine.policy import LONGEST_OF_RESOURCE, parse
from devopsweb.iam.engine.policy import Policy as Parsed
from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.models import InlinePolicy, Policy, PolicyAttachment, PolicySet, Role, User, UserGroup

log = structlog.get_logger(__name__)
Found = TypeVar("Found")

_DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Unreadable", "Effect": "Deny", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True)
class Grants:
    """A user's or role's standing: active, superuser, the policies that reach them and what limits these."""

    name: str
    arn: str
    active: bool
    superuser: bool
    policies: tuple[PolicySource, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: PolicySource | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass
class _Snapshot:
    """Grants under one token; filled as users ask."""

    token: str
    users: dict[int, Grants | None] = field(default_factory=dict)
    roles: dict[int, Grants | None] = field(default_factory=dict)
    others: dict[Hashable, Any] = field(default_factory=dict)
    complete: bool = False


_latest = _Snapshot("")
_of_request: ContextVar[_Snapshot | None] = ContextVar("iam_snapshot", default=None)


@contextmanager
def one_request() -> Iterator[None]:
    """Within this block the token is read at most once."""
    reset = _of_request.set(_Snapshot(""))
    try:
        yield
    finally:
        _of_request.reset(reset)


def forget() -> None:
    """Something changed in this very request: read the token again at the next question."""
    if _of_request.get() is not None:
        _of_request.set(_Snapshot(""))


def grants(user_id: int) -> Grants | None:
    """The standing of the user of that id, or None when there is no such user."""
    snapshot = _snapshot()
    if user_id not in snapshot.users:
        snapshot.users[user_id] = None if snapshot.complete else _load(Q(pk=user_id)).get(user_id)
    return snapshot.users[user_id]


def role_grants(role_id: int) -> Grants | None:
    """The standing of the role of that id, or None when there is no such role."""
    snapshot = _snapshot()
    if role_id not in snapshot.roles:
        snapshot.roles[role_id] = _load_role(role_id)
    return snapshot.roles[role_id]


def kept(name: Hashable, load: Callable[[], Found | None]) -> Found | None:
    """What ``load`` found under ``name``, until anything about identities changes; None is not kept."""
    others = _snapshot().others
    found: Found | None = others.get(name)
    if found is None and (found := load()) is not None:
        others[name] = found
    return found


def group_sources(group: UserGroup) -> tuple[PolicySource, ...]:
    """The policies of a group, as they reach its members."""
    return tuple(_source(row, f"group {group.name}") for row in _rows(Q(group=group)))


def all_grants() -> list[Grants]:
    """The standing of every user, in a constant number of queries."""
    snapshot = _snapshot()
    if not snapshot.complete:
        snapshot.users = dict(_load(Q()))
        snapshot.complete = True
    return [one for one in list(snapshot.users.values()) if one]


def _snapshot() -> _Snapshot:
    global _latest
    kept = _of_request.get()
    if kept is not None and kept.token:
        return kept
    token = PolicySet.current()
    found = _latest
    if not token or token != found.token:
        found = _Snapshot(token)
        # Without a token (nothing was ever changed) there is nothing to recognise a change by.
        if token:
            _latest = found
    if kept is not None and token:
        _of_request.set(found)
    return found


def _load(which: Q) -> dict[int, Grants]:
    users = list(
        User.objects.filter(which).select_related("permissions_boundary").prefetch_related("iam_groups")
    )
    groups = {group.pk for user in users for group in user.iam_groups.all()}
    reached = (
        Q(user__in=[user.pk for user in users]) | Q(group__in=groups)
        if which
        else Q(user__isnull=False) | Q(group__isnull=False)
    )
    by_user: dict[int, list[PolicySource]] = defaultdict(list)
    by_group: dict[int, list[PolicySource]] = defaultdict(list)
    for row in _rows(reached):
        if row.user_id:
            by_user[row.user_id].append(_source(row, "the user"))
        elif row.group:
            by_group[row.group.pk].append(_source(row, f"group {row.group.name}"))
    return {user.pk: _grants(user, by_user[user.pk], by_group) for user in users}


def _rows(reached: Q) -> list[PolicyAttachment | InlinePolicy]:
    """Everything that gives the users, groups or roles a policy: managed ones first."""
    attached = PolicyAttachment.objects.filter(reached).select_related("policy", "group").order_by("pk")
    inline = InlinePolicy.objects.filter(reached).select_related("group").order_by("pk")
    return [*attached, *inline]


def _grants(user: User, own: Iterable[PolicySource], by_group: dict[int, list[PolicySource]]) -> Grants:
    groups = list(user.iam_groups.all())
    return Grants(
        name=user.username,
        arn=user.arn,
        active=user.is_active,
        superuser=user.is_superuser,
        policies=(*own, *(source for group in groups for source in by_group[group.pk])),
        groups=tuple(group.name for group in groups),
        boundary=_boundary(user.permissions_boundary),
        tags=user.tags,
    )


def _load_role(role_id: int) -> Grants | None:
    role = Role.objects.filter(pk=role_id).select_related("permissions_boundary").first()
    if role is None:
        return None
    return Grants(
        role.name,
        role.arn,
        active=True,
        superuser=False,
        policies=tuple(_source(row, "the role") for row in _rows(Q(role=role_id))),
        boundary=_boundary(role.permissions_boundary),
        tags=role.tags,
    )


def _boundary(policy: Policy | None) -> PolicySource | None:
    if policy is None:
        return None
    return PolicySource(policy.name, compiled(policy), "the permissions boundary", policy.arn)


def _source(row: PolicyAttachment | InlinePolicy, via: str) -> PolicySource:
    policy = row.policy if isinstance(row, PolicyAttachment) else row
    return PolicySource(policy.name, compiled(policy), via, getattr(policy, "arn", ""))


def compiled(policy: Policy | InlinePolicy) -> Parsed:
    """The parsed document of ``policy``; one that cannot be read denies everything."""
    try:
        return _compiled(json.dumps(policy.document))
    except MalformedPolicyDocument as error:
        log.error("policy unreadable, it denies everything", policy=policy.name, error=str(error))
        return parse(_DENY_ALL)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Parsed:
    return parse(json.loads(text), longest=LONGEST_OF_RESOURCE)
