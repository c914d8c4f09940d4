"""Seals small texts at rest (secrets, tokens) with the installation's own key.

The key lies in ``DEVOPSWEB_HOME/keys/<key id>``, readable by its owner only. A sealed text
starts with the id of its key, so that a later key can take over while old texts still open.
"""

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from devopsweb.kernel.errors import Fault

CURRENT_KEY = "k1"
_NONCE = 12


class CannotUnseal(Fault):
    """The text was sealed with a key that this installation lacks, or was altered."""


def seal(text: str, *, purpose: str = "") -> str:
    """``text`` encrypted and authenticated (AES-256-GCM), as ``<key id>:<base64>``.

    What is sealed for a ``purpose`` opens for no other.
    """
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(CURRENT_KEY, create=True)).encrypt(
        nonce, text.encode(), _bound(CURRENT_KEY, purpose)
    )
    return f"{CURRENT_KEY}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(token: str, *, purpose: str = "") -> str:
    """The text behind a token of ``seal``. Raises ``CannotUnseal``."""
    key_id, _, body = token.partition(":")
    if not key_id.isalnum():
        raise CannotUnseal("A stored secret is damaged: it does not name its key.")
    try:
        data = base64.urlsafe_b64decode(body)
        return AESGCM(_key(key_id)).decrypt(data[:_NONCE], data[_NONCE:], _bound(key_id, purpose)).decode()
    except FileNotFoundError:
        raise CannotUnseal(
            f"A stored secret needs the key {key_id}, which is not in {_folder()}. Restore that file."
        ) from None
    except (InvalidTag, ValueError):
        raise CannotUnseal(
            f"A stored secret does not open with the key {key_id}: one of the two was altered."
        ) from None


def _bound(key_id: str, purpose: str) -> bytes:
    return f"{key_id}\0{purpose}".encode() if purpose else key_id.encode()


def _folder() -> Path:
    return Path(settings.DEVOPSWEB_HOME) / "keys"


def _key(key_id: str, *, create: bool = False) -> bytes:
    path = _folder() / key_id
    try:
        return base64.urlsafe_b64decode(path.read_bytes())
    except FileNotFoundError:
        if not create:
            raise
    _create(path)
    return base64.urlsafe_b64decode(path.read_bytes())


def _create(path: Path) -> None:
    """Write a new key aside and link it, so that processes that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(AESGCM.generate_key(256)))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
