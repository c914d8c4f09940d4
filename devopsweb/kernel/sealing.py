"""Seals small texts at rest (secrets, tokens) with the installation's own key.

Keys lie in ``DEVOPSWEB_HOME/keys/<key id>``, readable by their owner only; the file ``current`` beside
them names the one that seals (``k1`` while there is none). A sealed text starts with the id of its key, so
that a later key can take over while old texts still open.

Whoever keeps sealed texts must let them be sealed anew. A model's field named ``sealed_…`` is found by
itself; for texts inside other values register the field with ``keep``.
"""

import base64
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from devopsweb.kernel.errors import Fault

FIRST_KEY = "k1"
_KEY_ID = re.compile(r"k[1-9][0-9]*")
_NONCE = 12

Renew = Callable[[str], str]


class CannotUnseal(Fault):
    """The text was sealed with a key that this installation lacks, or was altered."""


def seal(text: str, *, purpose: str = "") -> str:
    """``text`` encrypted and authenticated (AES-256-GCM), as ``<key id>:<base64>``.

    What is sealed for a ``purpose`` opens for no other.
    """
    key_id = current_key()
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(key_id, create=key_id == FIRST_KEY)).encrypt(
        nonce, text.encode(), _bound(key_id, purpose)
    )
    return f"{key_id}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


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


@dataclass(frozen=True)
class Kept:
    """A model's field that holds sealed texts; ``renew(value, with)`` gives its value with each sealed anew."""

    model: str
    field: str
    renew: Callable[[Any, Renew], Any] = lambda value, renew: renew(value) if value else value


_kept: dict[tuple[str, str], Kept] = {}


def keep(kept: Kept) -> None:
    """Note that ``kept`` holds sealed texts."""
    _kept[(kept.model, kept.field)] = kept


def kept() -> list[Kept]:
    """What was noted by ``keep``."""
    return list(_kept.values())


def key_of(token: str) -> str:
    """The id of the key that a sealed text names."""
    return token.partition(":")[0]


def current_key() -> str:
    """The id of the key that seals now."""
    try:
        named = (_folder() / "current").read_text().strip()
    except FileNotFoundError:
        return FIRST_KEY
    if not _KEY_ID.fullmatch(named):
        raise CannotUnseal(f"{_folder() / 'current'} names no key. Write the name of the newest key into it.")
    return named


def key_ids() -> list[str]:
    """The ids of the keys that are here, oldest first."""
    found = [path.name for path in _folder().glob("k*") if _KEY_ID.fullmatch(path.name)]
    return sorted(found, key=lambda key_id: int(key_id[1:]))


def next_key() -> str:
    """The id that the key after the present one will have."""
    return f"k{int(current_key()[1:]) + 1}"


def take_up(key_id: str) -> None:
    """Seal with the key ``key_id`` from now on; it is made if it is missing. May be called again."""
    _key(key_id, create=True)
    if current_key() != key_id:
        write_mark(_folder() / "current", key_id)


def is_settled(seconds: float) -> bool:
    """Whether the present key has sealed for that long."""
    try:
        return time.time() - (_folder() / "current").stat().st_mtime >= seconds
    except FileNotFoundError:
        return True


def write_mark(path: Path, text: str) -> None:
    """Write a small file beside the keys, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_aside(path, f"{text}\n".encode(), replace=True)


def forget_key(key_id: str) -> None:
    """Delete a key that seals no longer; what still names it is lost. The present key stays."""
    if key_id != current_key() and _KEY_ID.fullmatch(key_id):
        (_folder() / key_id).unlink(missing_ok=True)


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
    """Make a new key; processes that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_aside(path, base64.urlsafe_b64encode(AESGCM.generate_key(256)), replace=False)


def _write_aside(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file aside and put it in its place whole; without ``replace`` one that is there stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Have the folder's own entries on the disk: a key that is used must survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
