"""Any change to identities, by whatever road, makes every process forget what it compiled.

Signals, and only within this app: pages, the admin panel and the shell all save these models.
"""

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save

from devopsweb.iam import directory
from devopsweb.iam.models import (
    AccessKey,
    InlinePolicy,
    Policy,
    PolicyAttachment,
    PolicySet,
    Role,
    User,
    UserGroup,
)

# Nothing that a decision depends on.
_HARMLESS = {
    "last_login", "password", "password_set_at", "password_reset_required",
    "email", "first_name", "last_name", "single_keys", "last_used_at", "last_used_region",
}  # fmt: skip


def watch() -> None:
    """Listen to the models that decisions depend on."""
    for model in (AccessKey, InlinePolicy, Policy, PolicyAttachment, Role, User, UserGroup):
        post_save.connect(_changed, sender=model, dispatch_uid=f"iam_save_{model.__name__}")
        post_delete.connect(_changed, sender=model, dispatch_uid=f"iam_delete_{model.__name__}")
    m2m_changed.connect(_changed, sender=User.iam_groups.through, dispatch_uid="iam_membership")


def _changed(update_fields: frozenset[str] | None = None, **_: Any) -> None:
    if update_fields and update_fields <= _HARMLESS:
        return
    PolicySet.touch()
    directory.forget()
