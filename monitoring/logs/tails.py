"""Follows growing streams for any number of sockets: each byte is read once per process.

A tail reads what was appended, makes one frame of it and keeps the last few frames. A viewer
has a cursor: it takes the frame that starts there, or reads the file itself when it is too far
behind. So a slow viewer holds nobody up, and nobody skips a line.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings

from monitoring.logs.adapters import files
from monitoring.logs.adapters.ear import Ear
from monitoring.logs.engine import records
from monitoring.logs.errors import StreamNotFound

log = structlog.get_logger(__name__)

POLL = 1.0
KEPT_FRAMES = 64
KEPT_BYTES = 4 << 20
CATCH_UP_LINES = 2000


@dataclass(frozen=True)
class Frame:
    """Lines from ``start`` up to (not with) ``stop``, ready to send."""

    start: int
    stop: int
    text: str


def frame(block: files.Block, *, total: int, ended: bool) -> Frame:
    """A block as the sockets and range reads send it."""
    lines = records.array(block.data).decode() if block.count else "[]"
    head = f'{{"from":{block.start},"total":{total},"ended":{"true" if ended else "false"},"lines":'
    return Frame(block.start, block.start + block.count, head + lines + "}")


class Tail:
    """One followed stream."""

    def __init__(self, stream_id: str) -> None:
        self.folder = files.place(stream_id)
        self.line = 0
        self.ended = False
        self.ready = asyncio.Event()
        self._offset = 0
        self._frames: deque[Frame] = deque()
        self._rung = asyncio.Event()
        self._moved = asyncio.Event()

    def ring(self) -> None:
        """Look at the file now."""
        self._rung.set()

    async def run(self) -> None:
        """Follow the stream until it ends."""
        reach = await asyncio.to_thread(files.extent, self.folder)
        self.line, self._offset = reach.lines, reach.end
        self.ready.set()
        while not self.ended:
            self._rung.clear()
            try:
                more = await self._advance()
            except OSError as error:
                log.warning("log not read, trying again", folder=str(self.folder), error=str(error))
                more = False
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), POLL)

    async def _advance(self) -> bool:
        ended = await asyncio.to_thread(files.is_ended, self.folder)
        data, count = await asyncio.to_thread(files.follow, self.folder, self._offset)
        if count:
            self._keep(frame(files.Block(self.line, count, data), total=self.line + count, ended=False))
            self.line += count
            self._offset += len(data)
        elif ended:
            self.ended = True
        if count or ended:
            self._moved.set()
            self._moved = asyncio.Event()
        return bool(count)

    def _keep(self, new: Frame) -> None:
        self._frames.append(new)
        while len(self._frames) > 1 and (
            len(self._frames) > KEPT_FRAMES or sum(len(f.text) for f in self._frames) > KEPT_BYTES
        ):
            self._frames.popleft()

    async def after(self, cursor: int) -> Frame | None:
        """The next frame for a viewer at ``cursor``; waits for it; None when the stream is over."""
        while True:
            if cursor < self.line:
                return self._kept(cursor) or await self._read(cursor)
            if self.ended:
                return None
            await self._moved.wait()

    def _kept(self, cursor: int) -> Frame | None:
        return next((f for f in reversed(self._frames) if f.start == cursor), None)

    async def _read(self, cursor: int) -> Frame:
        block, reach = await asyncio.to_thread(files.read, self.folder, cursor, CATCH_UP_LINES)
        if not block.count:
            raise StreamNotFound("The log's files are gone.")
        return frame(block, total=reach.lines, ended=False)


class Hub:
    """The tails of one event loop; a stream is followed while somebody watches it."""

    def __init__(self) -> None:
        self._tails: dict[str, tuple[Tail, asyncio.Task[None]]] = {}
        self._watchers: dict[str, int] = {}
        self._ear = Ear(settings.REDIS_URL, self._heard)

    def _heard(self, stream_id: str) -> None:
        if stream_id in self._tails:
            self._tails[stream_id][0].ring()

    @asynccontextmanager
    async def watch(self, stream_id: str) -> AsyncIterator[Tail]:
        """The tail of a stream, shared with all who watch it now."""
        self._watchers[stream_id] = self._watchers.get(stream_id, 0) + 1
        try:
            if stream_id not in self._tails:
                tail = Tail(stream_id)
                self._tails[stream_id] = (tail, asyncio.create_task(tail.run()))
                await self._ear.want(stream_id)
            tail, task = self._tails[stream_id]
            ready = asyncio.create_task(tail.ready.wait())
            await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if not tail.ready.is_set():
                task.result()
            yield tail
        finally:
            self._watchers[stream_id] -= 1
            if not self._watchers[stream_id]:
                await self._forget(stream_id)

    async def _forget(self, stream_id: str) -> None:
        del self._watchers[stream_id]
        _, task = self._tails.pop(stream_id)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if stream_id not in self._tails:
            await self._ear.drop(stream_id)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
