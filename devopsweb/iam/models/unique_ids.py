"""IAM's unique ids: they tell a thing from a later one of the same name (IAM User Guide, "IAM identifiers")."""

import secrets

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def unique_id(prefix: str) -> str:
    """A fresh id, such as ``AIDA…`` for the prefix ``AIDA``."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(17))


def new_user_id() -> str:
    """A user's."""
    return unique_id("AIDA")


def new_role_id() -> str:
    """A role's."""
    return unique_id("AROA")


def new_group_id() -> str:
    """A group's."""
    return unique_id("AGPA")


def new_policy_id() -> str:
    """A managed policy's."""
    return unique_id("ANPA")


def new_credential_id() -> str:
    """A service-specific credential's."""
    return unique_id("ACCA")
