"""How many git processes may run at once, and for how long others wait for a turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.conf import settings

from repos.git.smart_http.replies import Refusal

PATIENCE_SECONDS = 20


class Slots:
    """Turns for git processes of one event loop."""

    def __init__(self, limit: int) -> None:
        self._turns = asyncio.Semaphore(limit)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one turn. Raises ``Refusal`` when none comes free in time."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Refusal(
                503,
                "The server is busy with other git requests. Try again in a few seconds.",
                [(b"retry-after", b"10")],
            ) from None
        try:
            yield
        finally:
            self._turns.release()


_slots: dict[int, Slots] = {}


def of_this_loop() -> Slots:
    """The turns of the running event loop."""
    key = id(asyncio.get_running_loop())
    if key not in _slots:
        _slots.clear()
        _slots[key] = Slots(settings.DEVOPSWEB_GIT_PROCESSES)
    return _slots[key]
