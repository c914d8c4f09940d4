"""Names of repositories, branches and tags (CodeCommit User Guide, "Quotas"; git check-ref-format)."""

import re

from repos.git.errors import InvalidReferenceName, InvalidRepositoryName

ZERO = "0" * 40
BRANCHES = "refs/heads/"
TAGS = "refs/tags/"

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_SHORT_SHA = re.compile(r"[0-9a-f]{7,40}")
_SHA = re.compile(r"[0-9a-f]{40}")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f ~^:?*\[\\]|\.\.|//|@\{")
MAX_REFERENCE = 256


def check_repository(name: str) -> str:
    """``name`` if a repository may have it. Raises ``InvalidRepositoryName``."""
    if not _REPOSITORY.fullmatch(name) or name in {".", ".."}:
        raise InvalidRepositoryName(
            f"The repository name {name[:120]!r} is not valid: use 1 to 100 letters, digits, '.', '_' and '-'."
        )
    if name.endswith(".git"):
        raise InvalidRepositoryName("A repository name must not end in '.git'.")
    return name


def check_reference(short_name: str) -> str:
    """``short_name`` if a branch or tag may have it. Raises ``InvalidReferenceName``."""
    if not is_reference(short_name):
        raise InvalidReferenceName(
            f"{short_name[:300]!r} is not a valid name: 1 to 256 characters, no spaces or ~ ^ : ? * [ \\, "
            "no '..', '//' or '@{', not 40 hexadecimal digits, no part that begins with '.' or ends in '.lock'."
        )
    return short_name


def is_reference(name: str) -> bool:
    """Whether a branch or tag may have this (short) name."""
    if not 1 <= len(name) <= MAX_REFERENCE or name == "@" or name[0] == "-" or is_sha(name):
        return False
    return _is_sound(name)


def _is_sound(name: str) -> bool:
    """git's rule for the characters and parts of any reference (git check-ref-format)."""
    if _FORBIDDEN.search(name) or name.endswith((".", "/")):
        return False
    return all(part and not part.startswith(".") and not part.endswith(".lock") for part in name.split("/"))


def is_full_reference(name: str) -> bool:
    """Whether ``name`` is the full name of a reference (``refs/…``) that git can hold."""
    return name.startswith("refs/") and len(name) <= MAX_REFERENCE + 50 and _is_sound(name)


def is_sha(text: str) -> bool:
    """Whether ``text`` is a full commit id."""
    return bool(_SHA.fullmatch(text))


def is_short_sha(text: str) -> bool:
    """Whether ``text`` may be the beginning of a commit id (at least seven digits)."""
    return bool(_SHORT_SHA.fullmatch(text))


def kind_of(full_name: str) -> tuple[str, str] | None:
    """``("branch", "main")`` of ``refs/heads/main``, likewise for tags; None for other references."""
    if full_name.startswith(BRANCHES):
        return "branch", full_name.removeprefix(BRANCHES)
    if full_name.startswith(TAGS):
        return "tag", full_name.removeprefix(TAGS)
    return None
