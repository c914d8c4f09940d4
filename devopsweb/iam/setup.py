"""The identities that an installation begins with, made when they are missing: code names them, nobody asks IAM."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from devopsweb.iam.actions import ensure
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.models import User
from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal


def ensure_user(
    name: str, *, password: str | None = None, groups: Iterable[str] = (), at: datetime | None = None
) -> Principal:
    """The user ``name`` (created if missing, with ``password``) as a member of ``groups``."""
    user = ensure.user(name, password=password, group_names=groups, at=at or clock.now())
    return Principal(arn=user.arn, name=user.username, user_id=user.pk)


def ensure_group(name: str, *, policies: Iterable[str] = (), at: datetime | None = None) -> str:
    """The ARN of the group ``name`` (created if missing) with the named policies attached."""
    return ensure.group(name, policy_names=policies, at=at or clock.now()).arn


def ensure_policy(name: str, document: Mapping[str, Any], *, at: datetime | None = None) -> str:
    """The ARN of the policy ``name`` with exactly this document. Raises ``MalformedPolicyDocument``."""
    return ensure.policy(name, document, at=at or clock.now()).arn


def ensure_access_key(name: str, *, access_key_id: str, secret: str, at: datetime | None = None) -> str:
    """The access key of the user ``name`` with that id and secret; returns its id."""
    user = User.objects.filter(username__iexact=name).first()
    if user is None:
        raise NoSuchEntity(f"The user with name {name} cannot be found.")
    return ensure.access_key(user, key_id=access_key_id, secret=secret, at=at or clock.now()).pk


def bootstrap_admin(*, password: str, access_key_id: str, secret: str, at: datetime) -> dict[str, str]:
    """The administrator ``admin`` with these credentials; what is empty is generated and returned.

    Keys of the answer: ``password``, ``access_key_id``, ``secret_access_key``.
    """
    return ensure.administrator(password=password, access_key_id=access_key_id, secret=secret, at=at)
