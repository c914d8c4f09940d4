"""Jobs by name: actions enqueue them on commit, ``tasks.py`` holds their bodies.

Every job may run twice, late or never (a sweep finds what was lost), so its
arguments are ids and its body asks the row what is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Protocol

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.pools import producers
from redis.exceptions import RedisError

from devopsweb.kernel import broker

log = structlog.get_logger(__name__)


class Transport(Protocol):
    """Whatever carries a job to a worker."""

    def send(self, name: str, queue: str, arguments: dict[str, Any], delay: float) -> None: ...


class CeleryTransport:
    """The product's transport: the job leaves when the transaction commits."""

    def send(self, name: str, queue: str, arguments: dict[str, Any], delay: float) -> None:
        """Publish on commit; a broker that is down costs time, never the job (see sweeps)."""
        transaction.on_commit(partial(self._publish, name, queue, arguments, delay))

    @staticmethod
    def _publish(name: str, queue: str, arguments: dict[str, Any], delay: float) -> None:
        try:
            with broker.asking(), producers[_connection()].acquire(block=True) as producer:
                current_app.send_task(
                    name,
                    kwargs=arguments,
                    queue=queue,
                    countdown=delay or None,
                    ignore_result=True,
                    producer=producer,
                )
        except (OSError, OperationalError, RedisError) as error:
            log.warning("job not published, its sweep will find it", job=name, error=str(error))


@lru_cache(maxsize=1)
def _connection() -> Any:
    """Where to publish, within ``broker.PATIENCE``; a worker's own connection must be able to wait for jobs."""
    bounds = {
        "socket_timeout": broker.PATIENCE,
        "socket_connect_timeout": broker.PATIENCE,
        "max_retries": 0,
        "connect_retries_timeout": broker.PATIENCE,
    }
    return current_app.connection_for_write(transport_options=bounds)


class RecordingTransport:
    """The tests' transport: jobs wait in a list until ``drain`` runs them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def send(self, name: str, queue: str, arguments: dict[str, Any], delay: float) -> None:
        """Remember the job; delayed jobs are left to the sweeps."""
        if not delay:
            self.sent.append((name, arguments))

    def drain(self, run: Callable[[str, dict[str, Any]], None], limit: int = 1000) -> int:
        """Run what is waiting, and what that enqueues, oldest first; how many ran."""
        for count in range(limit):
            if not self.sent:
                return count
            run(*self.sent.pop(0))
        raise RuntimeError(f"jobs still enqueue jobs after {limit} runs")


_transport: Transport = CeleryTransport()


def use_transport(transport: Transport) -> Transport:
    """Put ``transport`` in charge; returns the one that was."""
    global _transport
    previous, _transport = _transport, transport
    return previous


@dataclass(frozen=True)
class Job:
    """A job's Celery task name and the queue whose workers run it."""

    name: str
    queue: str = "engine"

    def enqueue(self, *, delay: float = 0, **arguments: Any) -> None:
        """Send the job when the present transaction commits (``delay`` in seconds)."""
        _transport.send(self.name, self.queue, arguments, delay)
