"""How often may a caller ask a service? A token bucket for each, in this process.

Each web process counts for itself: an installation with four of them lets through four times as much.
That is enough against a script that runs wild, which is what this is for.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings

_MOST_BUCKETS = 10_000


@dataclass
class Bucket:
    """What is left, and since when."""

    tokens: float
    since: float


_buckets: dict[tuple[str, str], Bucket] = {}
_lock = threading.Lock()


def is_too_much(caller: str, service: str, *, now: float | None = None) -> bool:
    """Whether ``caller`` has used up what it may ask of ``service``; counts this request otherwise."""
    rate, burst = settings.DEVOPSWEB_API_RATE, settings.DEVOPSWEB_API_BURST
    if rate <= 0:
        return False
    moment = time.monotonic() if now is None else now
    with _lock:
        bucket = _buckets.get((caller, service))
        if bucket is None:
            if len(_buckets) >= _MOST_BUCKETS:
                _forget_full(moment, rate, burst)
            bucket = _buckets[caller, service] = Bucket(burst, moment)
        bucket.tokens = min(burst, bucket.tokens + (moment - bucket.since) * rate)
        bucket.since = moment
        if bucket.tokens < 1:
            return True
        bucket.tokens -= 1
        return False


def forget() -> None:
    """Start anew."""
    with _lock:
        _buckets.clear()


def _forget_full(moment: float, rate: float, burst: float) -> None:
    """Drop the buckets that have filled up since they were used; a new one says the same."""
    for key, bucket in list(_buckets.items()):
        if bucket.tokens + (moment - bucket.since) * rate >= burst:
            del _buckets[key]
