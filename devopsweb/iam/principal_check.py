"""The users and roles that a resource's policy names must be there when it is written."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.models import Role, User


def require_there(document: Mapping[str, Any]) -> None:
    """Raise ``MalformedPolicyDocument`` for a principal of this account who is not there.

    ``document`` was parsed before. Other accounts cannot be looked into.
    """
    given = document.get("Statement", [])
    for statement in given if isinstance(given, list) else [given]:
        for element in ("Principal", "NotPrincipal"):
            for name in _named(statement.get(element)):
                if not _is_there(name):
                    raise MalformedPolicyDocument(element, f'Invalid principal in policy: "AWS":"{name}"')


def _named(element: Any) -> Iterable[str]:
    values = element.get("AWS", []) if isinstance(element, Mapping) else []
    return values if isinstance(values, list) else [values]


def _is_there(name: str) -> bool:
    account = settings.DEVOPSWEB_ACCOUNT_ID
    if name.startswith(f"arn:aws:iam::{account}:"):
        return _is_identity(name)
    if name.startswith(f"arn:aws:sts::{account}:assumed-role/"):
        return Role.objects.filter(name=name.split("/")[1]).exists()
    # Unique ids stay in documents whose principals were deleted; nobody will ever have them.
    return True


def _is_identity(arn: str) -> bool:
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    last = rest.rpartition("/")[2]
    rows: Iterable[User | Role] = ()
    if kind == "user":
        rows = User.objects.filter(username=last)
    elif kind == "role":
        rows = Role.objects.filter(name=last)
    return kind == "root" or any(row.arn == arn for row in rows)
