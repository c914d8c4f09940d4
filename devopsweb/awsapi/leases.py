"""The installation's token buckets in Redis, from which its processes take tokens by the handful."""

import threading
import time
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from redis import ConnectionPool, Redis
from redis.exceptions import RedisError

from devopsweb.kernel import broker

log = structlog.get_logger(__name__)

REST = 5.0
_PREFIX = "devopsweb:api-rate:"
_TAKE = """
local held = redis.call('HMGET', KEYS[1], 'tokens', 'since')
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = tonumber(held[1]) or burst
local passed = math.max(0, now - (tonumber(held[2]) or now))
tokens = math.min(burst, tokens + passed * rate)
local given = math.min(wanted, math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - given), 'since', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return given
"""


class _Rest:
    """Until when Redis is left alone after it did not answer."""

    until = 0.0


_lock = threading.Lock()


@lru_cache(maxsize=4)
def _script(url: str) -> Any:
    pool = ConnectionPool.from_url(
        url, socket_timeout=broker.PATIENCE, socket_connect_timeout=broker.PATIENCE
    )
    return Redis(connection_pool=pool).register_script(_TAKE)


def take(name: str, *, rate: float, burst: float, wanted: int) -> int | None:
    """How many of the tokens wanted the bucket ``name`` gives; None while Redis does not answer."""
    if time.monotonic() < _Rest.until:
        return None
    try:
        with broker.asking():
            return int(_script(settings.REDIS_URL)(keys=[_PREFIX + name], args=[rate, burst, wanted]))
    except RedisError as error:
        with _lock:
            _Rest.until = time.monotonic() + REST
        log.warning("each process counts calls for itself: Redis does not answer", error=str(error))
        return None


def forget() -> None:
    """Ask Redis again at once."""
    _Rest.until = 0.0
