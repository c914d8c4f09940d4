"""Hears the bells of streams that this process watches: one Redis connection per event loop."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from redis import RedisError
from redis.asyncio import Redis

from monitoring.logs.adapters.bell import PREFIX

log = structlog.get_logger(__name__)

_ALWAYS = PREFIX + "ear"
RETRY = 1.0


class Ear:
    """Calls ``heard(stream_id)`` for each ring of a wanted stream; silent while Redis is down."""

    def __init__(self, url: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._heard = heard
        self._wanted: set[str] = set()
        self._pubsub: Any = None
        self._task: asyncio.Task[None] | None = None

    async def want(self, stream_id: str) -> None:
        """Listen for a stream's bell too."""
        self._wanted.add(stream_id)
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        elif self._pubsub is not None:
            with contextlib.suppress(OSError, RedisError):
                await self._pubsub.subscribe(PREFIX + stream_id)

    async def drop(self, stream_id: str) -> None:
        """Listen for a stream's bell no more; with none left, hang up."""
        self._wanted.discard(stream_id)
        if not self._wanted and self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        elif self._pubsub is not None:
            with contextlib.suppress(OSError, RedisError):
                await self._pubsub.unsubscribe(PREFIX + stream_id)

    async def _listen(self) -> None:
        while True:
            try:
                await self._connected()
            except (OSError, RedisError) as error:
                log.debug("log bells are not heard", error=str(error))
            await asyncio.sleep(RETRY)

    async def _connected(self) -> None:
        async with Redis.from_url(self._url, socket_connect_timeout=2) as redis, redis.pubsub() as pubsub:
            wanted = set(self._wanted)
            await pubsub.subscribe(_ALWAYS, *(PREFIX + stream_id for stream_id in wanted))
            self._pubsub = pubsub
            try:
                if late := self._wanted - wanted:
                    await pubsub.subscribe(*(PREFIX + stream_id for stream_id in late))
                async for message in pubsub.listen():
                    if message["type"] in {"message", "subscribe"}:
                        # A subscription counts as a ring: what was said before it went unheard.
                        self._heard(message["channel"].decode().removeprefix(PREFIX))
            finally:
                self._pubsub = None
