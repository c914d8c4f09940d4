"""CloudTrail's rules for names ("CloudTrail trail naming requirements", "Amazon S3 bucket naming requirements")."""

import re

from monitoring.trail.errors import InvalidBucketName, InvalidPrefix, InvalidTrailName

_TRAIL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-])){1,126}[A-Za-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def check_trail(name: str) -> str:
    """``name``. Raises ``InvalidTrailName``."""
    if not _TRAIL.fullmatch(name) or _ADDRESS.fullmatch(name):
        raise InvalidTrailName(
            f"Trail name {name[:128]!r} is not valid: 3 to 128 letters, digits, dots, underscores and dashes, "
            "beginning and ending with a letter or a digit, without two marks in a row, and no IP address."
        )
    return name


def check_bucket(name: str) -> str:
    """``name``. Raises ``InvalidBucketName``."""
    if not 3 <= len(name) <= 63 or not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        raise InvalidBucketName(
            f"Bucket name {name[:63]!r} is not valid: 3 to 63 small letters, digits, dots and dashes."
        )
    return name


def check_prefix(prefix: str) -> str:
    """``prefix`` without a slash at its end. Raises ``InvalidPrefix``."""
    if len(prefix) > 200 or prefix.startswith("/") or "\0" in prefix:
        raise InvalidPrefix("The prefix must have at most 200 characters and not begin with a slash.")
    return prefix.rstrip("/")
