"""From verified claims to a user of ours."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from devopsweb.iam.actions.news import tell
from devopsweb.iam.models import User
from devopsweb.iam.sso.models import ExternalIdentity, SignInProvider
from devopsweb.kernel.errors import Denied


class NotWelcome(Denied):
    """The provider knows this person, but nobody here does."""


def sign_in(*, provider: SignInProvider, claims: Mapping[str, Any], at: datetime) -> User:
    """The user of ``claims``; linked or made at the first time, memberships as the provider says.

    Raises ``NotWelcome``.
    """
    with transaction.atomic():
        known = provider.identities.select_related("user").filter(subject=claims["sub"]).first()
        user = known.user if known else _first_time(provider, claims, at)
        if not user.is_active:
            raise NotWelcome(f"The user {user.username} is switched off. Ask an administrator.")
        _follow_groups(provider, user, claims, at)
    return user


def _first_time(provider: SignInProvider, claims: Mapping[str, Any], at: datetime) -> User:
    name = _name(provider, claims)
    user = User.objects.filter(username__iexact=name).first()
    if user is not None and not (provider.link_existing and not user.is_superuser):
        raise NotWelcome(
            f"There is a user {user.username} here already, who is not linked to {provider.name}. "
            "Ask an administrator to link the two."
        )
    if user is None:
        user = _create(provider, name, claims, at)
    ExternalIdentity.objects.create(provider=provider, subject=claims["sub"], user=user, linked_at=at)
    tell(
        "LinkExternalIdentity",
        arns=[user.arn],
        by=None,
        at=at,
        userName=user.username,
        provider=provider.slug,
    )
    return user


def _create(provider: SignInProvider, name: str, claims: Mapping[str, Any], at: datetime) -> User:
    if not provider.create_users:
        raise NotWelcome(
            f"{provider.name} knows you as {name}, but there is no such user here. Ask an administrator."
        )
    email = str(claims.get("email", ""))[:254] if claims.get("email_verified", True) else ""
    user = User(username=name, email=email)
    user.set_unusable_password()
    user.save()
    tell("CreateUser", arns=[user.arn], by=None, at=at, userName=name, provider=provider.slug)
    return user


def _name(provider: SignInProvider, claims: Mapping[str, Any]) -> str:
    """Our user name: the claim as it is, if it can be one."""
    name = str(claims.get(provider.username_claim) or "")
    if provider.username_claim == "email" and not claims.get("email_verified", True):
        raise NotWelcome(f"{provider.name} has not verified that {name[:64]} is your address. Do that first.")
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", name):
        raise NotWelcome(
            f"{provider.name} gives no usable user name in the claim {provider.username_claim}. "
            "Ask an administrator to name another claim."
        )
    return name


def _follow_groups(provider: SignInProvider, user: User, claims: Mapping[str, Any], at: datetime) -> None:
    """Of the groups that the provider manages, the user is in those that it names."""
    if not provider.groups_claim:
        return
    given = claims.get(provider.groups_claim, [])
    named = {str(one).casefold() for one in (given if isinstance(given, list) else [given])}
    present = set(user.iam_groups.values_list("pk", flat=True))
    for group in provider.groups.all():
        wanted = group.name.casefold() in named
        if wanted and group.pk not in present:
            user.iam_groups.add(group)
            tell(
                "AddUserToGroup",
                arns=[user.arn, group.arn],
                by=None,
                at=at,
                userName=user.username,
                groupName=group.name,
            )
        elif not wanted and group.pk in present:
            user.iam_groups.remove(group)
            tell(
                "RemoveUserFromGroup",
                arns=[user.arn, group.arn],
                by=None,
                at=at,
                userName=user.username,
                groupName=group.name,
            )
