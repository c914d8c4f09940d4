"""Random passwords (Secrets Manager API reference, GetRandomPassword)."""

import secrets
import string

from devopsweb.vault.errors import BadParameter


def generate(
    *,
    length: int = 32,
    exclude: str = "",
    lowercase: bool = True,
    uppercase: bool = True,
    numbers: bool = True,
    punctuation: bool = True,
    space: bool = False,
    each: bool = True,
) -> str:
    """A password of these kinds of characters; ``each``: at least one of each kind. Raises ``BadParameter``."""
    wanted = [
        (lowercase, string.ascii_lowercase),
        (uppercase, string.ascii_uppercase),
        (numbers, string.digits),
        (punctuation, string.punctuation),
        (space, " "),
    ]
    kinds = ["".join(c for c in text if c not in exclude) for on, text in wanted if on]
    alphabet = "".join(kinds)
    if not alphabet:
        raise BadParameter("Nothing is left to make a password of: fewer characters must be excluded.")
    if each and not all(kinds):
        raise BadParameter("A kind of characters is excluded whole, yet each kind is required.")
    if each and length < len(kinds):
        raise BadParameter(f"A password of {length} characters cannot hold each of {len(kinds)} kinds.")
    found = [secrets.choice(kind) for kind in kinds] if each else []
    found += [secrets.choice(alphabet) for _ in range(length - len(found))]
    secrets.SystemRandom().shuffle(found)
    return "".join(found)
