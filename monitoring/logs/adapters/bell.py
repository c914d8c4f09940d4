"""Tells web processes that a stream has grown, through Redis; a lost ring costs a second, never a line.

Readers also look at the file once a second, so Redis may be down.
"""

import time
from functools import lru_cache

import structlog
from django.conf import settings
from redis import ConnectionPool, Redis, RedisError

log = structlog.get_logger(__name__)

PREFIX = "devopsweb.logs."
PAUSE = 1.0


@lru_cache(maxsize=1)
def _client(url: str) -> Redis:
    pool = ConnectionPool.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
    return Redis(connection_pool=pool)


class RedisBell:
    """Publishes on one channel per stream; after a failure it keeps quiet for ``PAUSE`` seconds."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def ring(self, stream_id: str, total: int) -> None:
        """Tell the watchers of a stream that it reaches ``total`` lines."""
        if time.monotonic() < self._quiet_until:
            return
        try:
            _client(settings.REDIS_URL).publish(PREFIX + stream_id, total)
        except (OSError, RedisError) as error:
            self._quiet_until = time.monotonic() + PAUSE
            log.debug("log bell not rung, readers will poll", stream=stream_id, error=str(error))


bell = RedisBell()
