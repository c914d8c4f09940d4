"""What processes that cannot keep their records say of it, in Redis: the disk may be what is missing."""

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
import structlog

from devopsweb.kernel import broker

log = structlog.get_logger(__name__)

KEY = "devopsweb:trail-failing"
FADES_AFTER = 10.0


@dataclass(frozen=True)
class Report:
    """One process that cannot write: since when (seconds), why, what it holds in memory, what is lost."""

    process: str
    since: float
    reason: str
    held: int
    lost: int

    @property
    def began(self) -> datetime:
        """Since when."""
        return datetime.fromtimestamp(self.since, UTC)


def process() -> str:
    """The name of this process in an installation (``web``, ``worker-engine`` …)."""
    try:
        return Path("/proc/self/comm").read_text().strip().removeprefix("dw-")
    except OSError:
        return "python"


def leave(report: Report) -> None:
    """Say so now; it fades unless it is said again. A Redis that is down is somebody else's news."""
    said = json.dumps({**asdict(report), "at": time.time()})
    try:
        with broker.asking(), broker.client().pipeline() as batch:
            batch.hset(KEY, _here(), said)
            batch.expire(KEY, 60)
            batch.execute()
    except (redis.RedisError, OSError) as error:
        log.debug("report not left", error=str(error))


def withdraw() -> None:
    """This process writes again."""
    try:
        with broker.asking():
            broker.client().hdel(KEY, _here())
    except (redis.RedisError, OSError) as error:
        log.debug("report not withdrawn", error=str(error))


def of_others() -> list[Report]:
    """What other processes have said lately; nothing while Redis cannot tell."""
    try:
        with broker.asking():
            said: Mapping[Any, Any] = broker.client().hgetall(KEY)
    except (redis.RedisError, OSError) as error:
        log.debug("reports not read", error=str(error))
        return []
    found: list[dict[str, Any]] = [
        json.loads(text) for name, text in said.items() if name.decode() != _here()
    ]
    fresh = [one for one in found if time.time() - one.pop("at") < FADES_AFTER]
    return [Report(**one) for one in fresh]


def _here() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
