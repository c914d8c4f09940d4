"""Keyset pages: constant cost however deep, stable while rows are added."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db import models

from devopsweb.kernel.errors import Invalid

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


class InvalidToken(Invalid):
    """The page token was not issued here, or was altered."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of rows; ``next_token`` is empty on the last one."""

    rows: Sequence[T]
    next_token: str


def page(
    queryset: "models.QuerySet[M]",
    *,
    token: str,
    size: int,
    key: str = "pk",
    ascending: bool = False,
    scope: str = "",
) -> Page[M]:
    """The page of ``queryset`` that follows ``token``, newest (highest ``key``) first.

    ``key`` names a unique column. A token holds only for the ``scope`` that it was issued for (the
    operation and its filters). Raises ``InvalidToken``.
    """
    rows = queryset.order_by(key if ascending else f"-{key}")
    if token:
        rows = rows.filter(**{f"{key}__{'gt' if ascending else 'lt'}": unseal(token, scope)})
    found = list(rows[: size + 1])
    more = len(found) > size
    return Page(found[:size], seal(getattr(found[size - 1], key), scope) if more else "")


def page_of(
    items: Sequence[T], *, token: str, size: int, key: Callable[[T], Any], scope: str = ""
) -> Page[T]:
    """The page that follows ``token`` of ``items``, which are sorted by the unique ``key``.

    Raises ``InvalidToken``.
    """
    start = bisect_right(items, unseal(token, scope), key=key) if token else 0
    found = items[start : start + size]
    more = start + size < len(items)
    return Page(found, seal(key(found[-1]), scope) if more else "")


def seal(value: Any, scope: str) -> str:
    """A token that says where to go on (any JSON value); it holds only for ``scope``."""
    return signing.dumps(value, salt=f"paging{scope}")


def unseal(token: str, scope: str) -> Any:
    """What was sealed in ``token`` for ``scope``. Raises ``InvalidToken``."""
    try:
        return signing.loads(token, salt=f"paging{scope}")
    except signing.BadSignature:
        raise InvalidToken("The page token is not valid. Start again from the first page.") from None
