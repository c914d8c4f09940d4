"""Database work of the streams, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections

T = TypeVar("T")
_EXECUTOR = ThreadPoolExecutor(max_workers=8, thread_name_prefix="git-http")


async def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """``function(...)`` in a worker thread that has a database connection of its own."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_EXECUTOR, _run, partial(function, *args, **kwargs))


def _run(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
