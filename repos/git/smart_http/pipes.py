"""Pipes to and from a process, without blocking and without copies in between.

asyncio's own subprocess streams copy each piece twice and start processes slowly under
uvloop; a clone moves hundreds of megabytes through here.
"""

import asyncio
import fcntl
import os
from contextlib import suppress

# A roomy pipe lets git write ahead while we send, and halves the switches between the two.
CAPACITY = 1 << 20
PIECE = 1 << 17


def widen(descriptor: int) -> None:
    """Give the pipe a megabyte, where the system lets us."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, CAPACITY)


class Reader:
    """The reading end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)
        widen(descriptor)

    async def read(self) -> bytes:
        """What is there, waiting until something is; empty at the end."""
        while True:
            try:
                return os.read(self._descriptor, PIECE)
            except BlockingIOError:
                await _ready(self._descriptor, "reader")


class Writer:
    """The writing end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)
        widen(descriptor)

    async def write(self, data: bytes) -> None:
        """Write all of ``data``, no faster than the other side reads. Raises ``BrokenPipeError``."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await _ready(self._descriptor, "writer")


async def _ready(descriptor: int, side: str) -> None:
    """Return when the descriptor can be read or written."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    add, remove = (
        (loop.add_reader, loop.remove_reader) if side == "reader" else (loop.add_writer, loop.remove_writer)
    )
    add(descriptor, _set, ready)
    try:
        await ready
    finally:
        remove(descriptor)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
