"""Access keys: make, switch, delete; two per user at most."""

import secrets
from datetime import datetime

from django.db import IntegrityError

from devopsweb.iam import quotas
from devopsweb.iam.actions import administrators
from devopsweb.iam.actions.entities import changing
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists, NoSuchEntity
from devopsweb.iam.models import AccessKey, User
from devopsweb.kernel import sealing
from devopsweb.kernel.principals import Principal

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def new_id() -> str:
    """A fresh access key id."""
    return "AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_secret() -> str:
    """A fresh secret access key of AWS's length (40 characters)."""
    return secrets.token_urlsafe(30)


def create(
    *, user: User, by: Principal | None, at: datetime, key_id: str = "", secret: str = ""
) -> tuple[AccessKey, str]:
    """Make a key, and its secret in clear text: shown once. Raises ``LimitExceeded``."""
    secret = secret or new_secret()
    with changing(user):
        quotas.require("AccessKeysPerUser", user.access_keys.count(), quotas.KEYS_PER_USER)
        try:
            key = AccessKey.objects.create(
                id=key_id or new_id(), user=user, sealed_secret=sealing.seal(secret), created_at=at
            )
        except IntegrityError:
            raise EntityAlreadyExists(f"The access key {key_id} exists already.") from None
        tell("CreateAccessKey", arns=[user.arn], by=by, at=at, userName=user.username, accessKeyId=key.pk)
    return key, secret


def find(user: User, key_id: str) -> AccessKey:
    """The user's key of that id. Raises ``NoSuchEntity``."""
    found = user.access_keys.filter(pk=key_id).select_related("user").first()
    if found is None:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    return found


def set_status(*, key: AccessKey, active: bool, by: Principal | None, at: datetime) -> None:
    """Switch a key on or off; it holds at once. Raises ``LastAdministrator``."""
    with changing(key):
        key.is_active = active
        key.save(update_fields=["is_active"])
        tell(
            "UpdateAccessKey", arns=[key.user.arn], by=by, at=at, userName=key.user.username,
            accessKeyId=key.pk, status="Active" if active else "Inactive",
        )  # fmt: skip
        if not active:
            administrators.keep_a_way_in()


def delete(*, key: AccessKey, by: Principal | None, at: datetime) -> None:
    """Delete a key; whatever signs with it stops working at once."""
    with changing(key):
        tell(
            "DeleteAccessKey", arns=[key.user.arn], by=by, at=at,
            userName=key.user.username, accessKeyId=key.pk,
        )  # fmt: skip
        key.delete()
        administrators.keep_a_way_in()
