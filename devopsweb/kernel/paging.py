"""Keyset pages: constant cost however deep, stable while rows are added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core import signing
from django.db import models

from devopsweb.kernel.errors import Invalid

M = TypeVar("M", bound=models.Model)


class InvalidToken(Invalid):
    """The page token was not issued here, or was altered."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows; ``next_token`` is empty on the last one."""

    rows: Sequence[M]
    next_token: str


def page(queryset: "models.QuerySet[M]", *, token: str, size: int, key: str = "pk") -> Page[M]:
    """The page of ``queryset`` that follows ``token``, newest (highest ``key``) first.

    ``key`` names a unique column. Raises ``InvalidToken``.
    """
    rows = queryset.order_by(f"-{key}")
    if token:
        try:
            rows = rows.filter(**{f"{key}__lt": signing.loads(token, salt="paging")})
        except signing.BadSignature:
            raise InvalidToken("The page token is not valid. Start again from the first page.") from None
    found = list(rows[: size + 1])
    more = len(found) > size
    last = signing.dumps(getattr(found[size - 1], key), salt="paging") if more else ""
    return Page(found[:size], last)
