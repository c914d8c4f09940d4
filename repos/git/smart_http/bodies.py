"""Request bodies as streams: inflated, bounded, with the client's going noticed."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from repos.git.smart_http.replies import Refusal

IDLE_SECONDS = 300
PIECE = 1 << 18


class ClientGone(Exception):
    """The client went away before it had said everything."""


class Body:
    """The body of one request; ``gone`` is set when the client disconnects."""

    def __init__(self, receive: Any, *, gzipped: bool, limit: int | None) -> None:
        self._receive = receive
        self._inflater = zlib.decompressobj(31) if gzipped else None
        self._limit = limit
        self._size = 0
        self.ended = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body's bytes as they come. Raises ``ClientGone``, ``Refusal``."""
        while not self.ended:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await self._receive()
            if message["type"] == "http.disconnect":
                self.ended = True
                raise ClientGone
            self.ended = not message.get("more_body", False)
            for piece in self._inflated(message.get("body", b"")):
                self._size += len(piece)
                if self._limit is not None and self._size > self._limit:
                    raise Refusal(413, f"The request is larger than {self._limit} bytes.")
                yield piece

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        """Pieces of bounded size, so that a small body cannot unfold into all our memory."""
        if self._inflater is None:
            if data:
                yield data
            return
        try:
            while data and not self._inflater.eof:
                if piece := self._inflater.decompress(data, PIECE):
                    yield piece
                data = self._inflater.unconsumed_tail
        except zlib.error:
            raise Refusal(400, "The gzip'd body is damaged.") from None

    async def drain(self) -> None:
        """Read the rest and drop it: the client listens only when it has said everything."""
        async for _ in self.pieces():
            pass

    async def wait_for_end_of_client(self) -> None:
        """Return when the client disconnects; the body must have ended."""
        while (await self._receive())["type"] != "http.disconnect":
            continue
