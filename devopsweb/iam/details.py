"""Users, groups, roles and policies with everything that they give, page by page."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from devopsweb.iam import queries
from devopsweb.iam.models import InlinePolicy, PolicyAttachment, PolicyVersion, Role, User, UserGroup
from devopsweb.kernel import paging
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.paging import Page

_SCOPE = "iam:GetAccountAuthorizationDetails"


def _given() -> tuple[Any, ...]:
    attached = PolicyAttachment.objects.select_related("policy").order_by("policy__name")
    return (
        Prefetch("policy_attachments", attached),
        Prefetch("inline_policies", InlinePolicy.objects.order_by("name")),
    )


def _users() -> "QuerySet[Any]":
    return User.objects.select_related("permissions_boundary").prefetch_related("iam_groups", *_given())


def _groups() -> "QuerySet[Any]":
    return UserGroup.objects.prefetch_related(*_given())


def _roles() -> "QuerySet[Any]":
    return Role.objects.select_related("permissions_boundary").prefetch_related(*_given())


def _policies(builtin: bool) -> "QuerySet[Any]":
    versions = PolicyVersion.objects.select_related("policy").order_by("-number")
    return queries.with_counts().filter(builtin=builtin).prefetch_related(Prefetch("versions", versions))


_SECTIONS: tuple[tuple[str, Callable[[], "QuerySet[Any]"]], ...] = (
    ("User", _users),
    ("Group", _groups),
    ("Role", _roles),
    ("LocalManagedPolicy", lambda: _policies(builtin=False)),
    ("AWSManagedPolicy", lambda: _policies(builtin=True)),
)


def page(wanted: Sequence[str], *, marker: str, size: int) -> Page[Any]:
    """The page that follows ``marker``; without ``wanted`` kinds all of them. Raises ``Invalid``."""
    chosen = [one for one in _SECTIONS if not wanted or one[0] in wanted]
    scope = f"{_SCOPE}:{','.join(sorted(wanted))}"
    start, last = _place(marker, scope)
    rows: list[Any] = []
    for number, (_, query) in enumerate(chosen[start:], start):
        after = last if number == start else 0
        rows += query().filter(pk__gt=after).order_by("pk")[: size + 1 - len(rows)]
        if len(rows) > size:
            kept = rows[:size]
            return Page(kept, paging.seal(_place_of(kept[-1], chosen), scope))
    return Page(rows, "")


def _place(marker: str, scope: str) -> tuple[int, int]:
    if not marker:
        return 0, 0
    try:
        start, last = paging.unseal(marker, scope)
    except (paging.InvalidToken, TypeError, ValueError):
        raise Invalid("Invalid Marker.") from None
    return int(start), int(last)


def _place_of(row: Any, chosen: Sequence[tuple[str, Any]]) -> list[int]:
    names = {User: "User", UserGroup: "Group", Role: "Role"}
    name = names.get(type(row)) or ("AWSManagedPolicy" if row.builtin else "LocalManagedPolicy")
    return [next(number for number, one in enumerate(chosen) if one[0] == name), row.pk]
