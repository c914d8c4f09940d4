"""Signing keys, derived once per credential, day, region and service."""

import hmac
from functools import lru_cache


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of the chain over the scope."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, text: str) -> str:
    """The signature of ``text``, in hexadecimal."""
    return hmac.digest(key, text.encode(), "sha256").hex()
