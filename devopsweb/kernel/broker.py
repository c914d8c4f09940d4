"""How long anybody waits for Redis: briefly, and not again at once.

A Redis that is down refuses at once. One that hangs keeps whoever asks it waiting, so each question has a short
time limit, and after one that was not answered this process leaves Redis alone for a moment. What was not said
meanwhile is found by sweeps; whoever asks must be able to do without an answer.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings
from redis import ConnectionPool, Redis
from redis.exceptions import ConnectionError as RedisConnectionError

PATIENCE = 1.0
REST = 2.0


class Away(RedisConnectionError):
    """Redis did not answer a moment ago, so it was not asked."""


class _Rest:
    until = 0.0


@contextmanager
def asking() -> Iterator[None]:
    """Ask Redis within this block, which may take ``PATIENCE``. Raises ``Away``."""
    if time.monotonic() < _Rest.until:
        raise Away("Redis did not answer a moment ago.")
    began = time.monotonic()
    try:
        yield
    except Exception:  # redis-py, kombu and channels name it differently; how long it took tells
        if time.monotonic() - began > PATIENCE * 0.9:
            _Rest.until = time.monotonic() + REST
        raise


def client() -> Redis:
    """A client that waits no longer than ``PATIENCE`` and never tries twice."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    pool = ConnectionPool.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return Redis(connection_pool=pool)


def forget() -> None:
    """Ask again at once."""
    _Rest.until = 0.0
