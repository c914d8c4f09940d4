"""Identifiers: random, never reused, without meaning."""

import secrets
import uuid

# No vowels and no look-alikes: an identifier can be read aloud and spells nothing.
_READABLE = "0123456789BCDFGHJKLMNPQRSTVWXYZ"


def new_uuid() -> str:
    """A random UUID in its usual text form."""
    return str(uuid.uuid4())


def readable(length: int) -> str:
    """``length`` random capitals and digits, as in AWS's ``d-7K2Q9F3LM``."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))
