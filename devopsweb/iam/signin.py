"""Passwords: checked slowly once, recognised quickly after, locked after failures."""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F

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
    # Hashing takes its time: wrong guesses that were made with this one may have locked the name since.
    guard(username, source_ip=source_ip, at=at)
    recognised.remember(user, password)
    note_success(username, source_ip=source_ip)
    return user


def guard(username: str, *, source_ip: str, at: datetime) -> None:
    """Raise ``TooManyAttempts`` while this name is locked for this address, or the address as a whole."""
    until = (
        SignInAttempts.objects.filter(
            key__in=[key for key, _ in _keys(username, source_ip)], locked_until__gt=at
        )
        .order_by("-locked_until")
        .values_list("locked_until", flat=True)
        .first()
    )
    if until is not None:
        raise TooManyAttempts(max(1, round((until - at).total_seconds())))


def note_failure(username: str, *, source_ip: str, at: datetime) -> None:
    """Count a failure; each one after the fifth doubles the wait."""
    for key, free in _keys(username, source_ip):
        with transaction.atomic():
            SignInAttempts.objects.get_or_create(key=key, defaults={"last_failure_at": at})
            row = SignInAttempts.objects.filter(key=key)
            row.filter(last_failure_at__lt=at - FORGET_AFTER).update(failures=0)
            # Counted by the database: attempts made at the same time all count.
            row.update(failures=F("failures") + 1, last_failure_at=at)
            failures = row.values_list("failures", flat=True).get()
            row.update(locked_until=at + lock_for(failures - free) if failures >= free else None)


def note_success(username: str, *, source_ip: str) -> None:
    """Forget this name's failures from this address."""
    SignInAttempts.objects.filter(key=_keys(username, source_ip)[0][0]).delete()


def lock_for(extra: int) -> timedelta:
    """How long to wait after ``extra`` failures beyond the free ones."""
    return min(LONGEST_LOCK, timedelta(seconds=5 * 2 ** min(extra, 10)))


def _keys(username: str, source_ip: str) -> list[tuple[str, int]]:
    """What is counted, and how many failures are free: the name at this address, and the address.

    Never the name alone: anybody could lock anybody out. An unknown address is not counted as one.
    """
    place = _place(source_ip)
    keys = [(_key("user", username.casefold(), place), FREE_FAILURES)]
    return [*keys, (_key("address", place), FREE_FAILURES * 6)] if place else keys


def _place(source_ip: str) -> str:
    """The address, of IPv6 its network: whoever has one address has all 2^64 of them."""
    try:
        address = ipaddress.ip_address(source_ip.partition("%")[0])
    except ValueError:
        return source_ip
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
