"""What users, groups, roles and policies have in common: names, paths, and being saved once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from devopsweb.iam.errors import EntityAlreadyExists, NoSuchEntity
from devopsweb.iam.models import InlinePolicy, Policy, PolicySet, Role, User, UserGroup
from devopsweb.kernel.errors import Invalid

Target = User | UserGroup | Role
KIND: dict[type[models.Model], str] = {User: "user", UserGroup: "group", Role: "role", Policy: "policy"}
_TAKEN = {
    "user": "User with name {} already exists.",
    "group": "Group with name {} already exists.",
    "role": "Role with name {} already exists.",
    "policy": "A policy called {} already exists. Duplicate names are not allowed.",
}


@contextmanager
def changing(*things: models.Model) -> Iterator[None]:
    """A transaction within which nobody else changes identities: what is counted or read in it stays true.

    Raises ``NoSuchEntity`` when one of ``things`` was deleted since it was found.
    """
    with transaction.atomic():
        # Writing first takes the one row's lock, which is kept until the commit.
        PolicySet.touch()
        for thing in things:
            if not type(thing)._default_manager.filter(pk=thing.pk).exists():
                raise NoSuchEntity(f"The {thing._meta.verbose_name} {thing} was deleted just now.")
        yield


def kind_of(thing: models.Model) -> str:
    """``user``, ``group``, ``role`` or ``policy``."""
    return KIND[type(thing)]


def key_of(kind: str) -> str:
    """The column of the name."""
    return "username" if kind == "user" else "name"


def save_named(
    thing: User | UserGroup | Role | Policy,
    *,
    exclude: tuple[str, ...] = (),
    only: tuple[str, ...] | None = None,
) -> None:
    """Save a new thing, or ``only`` the name and path of one that is there, whatever else of it changes just now.

    Raises ``EntityAlreadyExists``, ``Invalid``.
    """
    kind = kind_of(thing)
    key = key_of(kind)
    name = str(getattr(thing, key))
    others: Any = type(thing)._default_manager.exclude(pk=thing.pk)
    if others.filter(**{f"{key}__iexact": name}).exists():
        raise EntityAlreadyExists(_TAKEN[kind].format(name))
    clean(thing, exclude=exclude)
    try:
        with transaction.atomic():
            thing.save(update_fields=only)
    except IntegrityError:
        raise EntityAlreadyExists(_TAKEN[kind].format(name)) from None


def clean(thing: models.Model, *, exclude: tuple[str, ...] = ()) -> None:
    """Check the fields. Raises ``Invalid``."""
    try:
        thing.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


def request_name(thing: User | UserGroup | Role) -> dict[str, str]:
    """The request parameter that names the thing (``userName``)."""
    return {f"{kind_of(thing)}Name": str(thing)}


def inline_of(thing: Target) -> "models.QuerySet[InlinePolicy]":
    """The thing's own policies, by name."""
    return thing.inline_policies.order_by("name")
