"""Values at rest: each has a data key of its own, which the installation's key wraps.

A value is bound to its place (``context``): moved to another row, or to another version of its own, it does
not open. The context leaves account and region out, so that they may be changed.
"""

import base64
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from devopsweb.kernel import sealing

_NONCE = 12


@dataclass(frozen=True)
class Envelope:
    """An encrypted value and its wrapped data key, as rows keep them."""

    sealed_key: str
    ciphertext: str


def close(value: bytes, context: str) -> Envelope:
    """``value`` encrypted (AES-256-GCM) for the place ``context`` under a fresh data key."""
    key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE)
    data = nonce + AESGCM(key).encrypt(nonce, value, context.encode())
    return Envelope(sealing.seal(base64.b64encode(key).decode()), base64.b64encode(data).decode())


def open_(envelope: Envelope, context: str) -> bytes:
    """The value. Raises ``CannotUnseal`` when it was altered, moved, or its key is missing."""
    key = base64.b64decode(sealing.unseal(envelope.sealed_key))
    try:
        data = base64.b64decode(envelope.ciphertext)
        return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], context.encode())
    except (InvalidTag, ValueError):
        raise sealing.CannotUnseal(
            f"The stored value of {context} does not open: it was altered or belongs elsewhere."
        ) from None
