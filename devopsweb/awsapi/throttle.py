"""How often may a caller ask a service? A token bucket for each, shared by all processes of the installation.

A process takes tokens for a tenth of a second at a time, so that a call costs no round trip. While Redis is away
each process counts for itself, which is enough against a script that runs wild.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings

from devopsweb.awsapi import leases

_MOST_BUCKETS = 10_000
_LEASE_SECONDS = 0.1
_LONGEST_CLOSED = 0.05
OF_STRANGERS = 1 / 20
"""Whoever has not signed leaves a record with each call, and nobody to hold to account."""


@dataclass
class Bucket:
    """What this process holds for a caller.

    ``tokens`` and ``since`` are its own count, for when Redis is away; ``leased`` are tokens from the shared
    bucket, which is known to be empty until ``closed_until``.
    """

    tokens: float
    since: float
    leased: int = 0
    closed_until: float = 0.0


_buckets: dict[tuple[str, str], Bucket] = {}
_lock = threading.Lock()


def is_too_much(caller: str, service: str, *, share: float = 1.0, now: float | None = None) -> bool:
    """Whether ``caller`` has used up its ``share`` of what may be asked of ``service``; counts this request otherwise."""
    rate, burst = settings.DEVOPSWEB_API_RATE * share, max(1.0, settings.DEVOPSWEB_API_BURST * share)
    if rate <= 0:
        return False
    moment = time.monotonic() if now is None else now
    with _lock:
        bucket = _bucket((caller, service), moment, rate, burst)
        if bucket.leased > 0:
            bucket.leased -= 1
            return False
        if moment < bucket.closed_until:
            return True
    wanted = max(1, int(rate * _LEASE_SECONDS))
    given = leases.take(f"{service} {caller}", rate=rate, burst=burst, wanted=wanted)
    with _lock:
        if given is None:
            return not _take_own(bucket, moment, rate, burst)
        if given < 1:
            bucket.closed_until = moment + min(_LONGEST_CLOSED, 1 / rate)
            return True
        bucket.leased += given - 1
        return False


def _bucket(key: tuple[str, str], moment: float, rate: float, burst: float) -> Bucket:
    found = _buckets.get(key)
    if found is None:
        if len(_buckets) >= _MOST_BUCKETS:
            _forget_full(moment, rate, burst)
        found = _buckets[key] = Bucket(burst, moment)
    return found


def _take_own(bucket: Bucket, moment: float, rate: float, burst: float) -> bool:
    bucket.tokens = min(burst, bucket.tokens + (moment - bucket.since) * rate)
    bucket.since = moment
    if bucket.tokens < 1:
        return False
    bucket.tokens -= 1
    return True


def forget() -> None:
    """Start anew."""
    leases.forget()
    with _lock:
        _buckets.clear()


def _forget_full(moment: float, rate: float, burst: float) -> None:
    """Drop the buckets that have filled up since they were used; a new one says the same."""
    for key, bucket in list(_buckets.items()):
        if bucket.tokens + (moment - bucket.since) * rate >= burst:
            del _buckets[key]
