"""``GET /healthz``: is every component of this installation up?

Workers, beat and the supervisor leave a pulse in Redis every two seconds, which fades when
they stop; database and Redis are asked. The answer is kept for half a second, so that any
number of probes costs next to nothing.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import redis
import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from devopsweb import env

log = structlog.get_logger(__name__)

PULSE_EVERY = 2.0
PULSE_FADES_AFTER = 10
ALWAYS = ("worker-engine", "worker-builds", "beat", "rq")
FRESH_FOR = 0.5
PATIENCE = 2.0


_offered: dict[str, Callable[[], str]] = {}


def offer(component: str, trouble: Callable[[], str]) -> None:
    """Have ``trouble()`` asked at each check: what is wrong with ``component``, or nothing. It may block a second."""
    _offered[component] = trouble


def components() -> list[str]:
    """The components that leave a pulse in this installation."""
    return [*ALWAYS, *(["instances"] if env.flag("DEVOPSWEB_LOCAL_INSTANCES", default=False) else [])]


def pulse_key(component: str) -> str:
    """Where a component's pulse is kept."""
    return f"devopsweb:pulse:{component}"


def pulse(component: str) -> None:
    """Say that ``component`` is alive; a Redis that is down is somebody else's news."""
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.set(pulse_key(component), int(time.time()), ex=PULSE_FADES_AFTER)
    except (redis.RedisError, OSError) as error:
        log.debug("pulse not left", component=component, error=str(error))


def forget(component: str) -> None:
    """Take the pulse of a component that is known to be dead, instead of letting it fade."""
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.delete(pulse_key(component))
    except (redis.RedisError, OSError) as error:
        log.debug("pulse not taken", component=component, error=str(error))


async def _redis_and_pulses() -> dict[str, str]:
    names = components()
    client = redis.asyncio.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        pulses = await client.mget([pulse_key(name) for name in names])
    except (redis.RedisError, OSError):
        return {"redis": "down", **dict.fromkeys(names, "unknown")}
    finally:
        await client.aclose()
    return {
        "redis": "up",
        **{name: "up" if found else "down" for name, found in zip(names, pulses, strict=True)},
    }


def _ask_database() -> str:
    close_old_connections()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, OSError):
        connection.close()
        return "down"
    return "up"


async def _database() -> str:
    try:
        return await asyncio.wait_for(sync_to_async(_ask_database)(), PATIENCE)
    except TimeoutError:
        return "down"


async def _reason(trouble: Callable[[], str]) -> str:
    try:
        return await asyncio.wait_for(sync_to_async(trouble, thread_sensitive=False)(), PATIENCE)
    except TimeoutError:
        return f"no answer within {PATIENCE:.0f} s"


async def _reasons() -> dict[str, str]:
    """What is wrong with each component that looks after itself."""
    said = await asyncio.gather(*(_reason(trouble) for trouble in _offered.values()))
    return dict(zip(_offered, said, strict=True))


async def check() -> tuple[dict[str, str], dict[str, str]]:
    """The state of each component (up, down, or unknown when Redis cannot tell), and reasons where one is known."""
    database, others, reasons = await asyncio.gather(_database(), _redis_and_pulses(), _reasons())
    offered = {name: "down" if reason else "up" for name, reason in reasons.items()}
    states = {"web": "up", "database": database, **others, **offered}
    return states, {name: reason for name, reason in reasons.items() if reason}


class Health:
    """The raw ASGI application behind ``/healthz``."""

    def __init__(self) -> None:
        self._answer: tuple[float, dict[str, str], dict[str, str]] = (0.0, {}, {})
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        states, reasons = await self._states()
        failing = [name for name, state in states.items() if state != "up"]
        body = {"status": "unavailable" if failing else "ok", "failing": failing, "components": states}
        if reasons:
            body["reasons"] = reasons
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 503 if failing else 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode() + b"\n"})

    async def _states(self) -> tuple[dict[str, str], dict[str, str]]:
        async with self._lock:
            at, states, reasons = self._answer
            if not states or time.monotonic() - at > FRESH_FOR:
                states, reasons = await check()
                self._answer = (time.monotonic(), states, reasons)
        return states, reasons


ROUTES = [("/healthz", Health())]
