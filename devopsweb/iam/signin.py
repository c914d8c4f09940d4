"""Passwords: checked slowly once, recognised quickly after, locked after failures."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction

from devopsweb.iam.errors import TooManyAttempts
from devopsweb.iam.models import SignInAttempts, User

REMEMBER_SECONDS = 300
MOST_REMEMBERED = 2048
FREE_FAILURES = 5
LONGEST_LOCK = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class _Seen:
    user_id: int
    password_hash: str
    until: float


class Recognised:
    """Passwords that were right a moment ago, by a keyed hash; in this process's memory only.

    Git sends the password with every request, and the stored hash is slow on purpose.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, username: str, password: str) -> User | None:
        """The active user of this name and password, if both were right and nothing changed since."""
        with self._lock:
            seen = self._seen.get(self._digest(username, password))
        if seen is None or seen.until < time.monotonic():
            return None
        user = User.objects.filter(pk=seen.user_id, is_active=True, username=username).first()
        return user if user and hmac.compare_digest(user.password, seen.password_hash) else None

    def remember(self, user: User, password: str) -> None:
        """Note that this password is right."""
        entry = _Seen(user.pk, user.password, time.monotonic() + REMEMBER_SECONDS)
        with self._lock:
            self._seen[self._digest(user.username, password)] = entry
            while len(self._seen) > MOST_REMEMBERED:
                self._seen.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._seen.clear()

    def _digest(self, username: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{username}\0{password}".encode(), "sha256")


recognised = Recognised()


def verify(username: str, password: str, *, source_ip: str, at: datetime) -> User | None:
    """The active user of this name and password, or None. Raises ``TooManyAttempts``."""
    if known := recognised.find(username, password):
        return known
    guard(username, source_ip=source_ip, at=at)
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        note_failure(username, source_ip=source_ip, at=at)
        return None
    recognised.remember(user, password)
    note_success(username, source_ip=source_ip)
    return user


def guard(username: str, *, source_ip: str, at: datetime) -> None:
    """Raise ``TooManyAttempts`` while this name is locked for this address, or the address as a whole."""
    until = (
        SignInAttempts.objects.filter(key__in=_keys(username, source_ip), locked_until__gt=at)
        .order_by("-locked_until")
        .values_list("locked_until", flat=True)
        .first()
    )
    if until is not None:
        raise TooManyAttempts(max(1, round((until - at).total_seconds())))


def note_failure(username: str, *, source_ip: str, at: datetime) -> None:
    """Count a failure; each one after the fifth doubles the wait."""
    for key, free in zip(_keys(username, source_ip), (FREE_FAILURES, FREE_FAILURES * 6), strict=True):
        with transaction.atomic():
            row, _ = SignInAttempts.objects.get_or_create(key=key, defaults={"last_failure_at": at})
            if at - row.last_failure_at > FORGET_AFTER:
                row.failures = 0
            row.failures += 1
            row.last_failure_at = at
            row.locked_until = at + lock_for(row.failures - free) if row.failures >= free else None
            row.save()


def note_success(username: str, *, source_ip: str) -> None:
    """Forget this name's failures from this address."""
    SignInAttempts.objects.filter(key=_keys(username, source_ip)[0]).delete()


def lock_for(extra: int) -> timedelta:
    """How long to wait after ``extra`` failures beyond the free ones."""
    return min(LONGEST_LOCK, timedelta(seconds=5 * 2 ** min(extra, 10)))


def _keys(username: str, source_ip: str) -> tuple[str, str]:
    """One key for the name at this address, one for the address: names alone could be locked by anyone."""
    return tuple(  # type: ignore[return-value]
        hashlib.sha256(text.encode()).hexdigest()
        for text in (f"user\0{username.casefold()}\0{source_ip}", f"address\0{source_ip}")
    )
