"""What each forked child runs: the web server, the Celery workers, beat, the RQ worker."""

import socket
import threading
import time
from typing import Any

import structlog
import uvicorn
from celery import bootsteps
from celery.beat import Scheduler
from django.core.management import call_command
from django.db import close_old_connections
from rq import SimpleWorker

from devopsweb import health
from devopsweb.asgi import application
from devopsweb.celery import app

log = structlog.get_logger(__name__)

GRACE = 3


def web(listener: socket.socket) -> None:
    """Serve pages, streams and sockets on a socket that is already open."""
    config = uvicorn.Config(
        application,
        http="httptools",
        loop="uvloop",
        ws="websockets-sansio",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=30,
        # An open log socket must not hold up a stop: it is closed and the browser comes back.
        timeout_graceful_shutdown=GRACE,
        ws_ping_interval=20,
        ws_ping_timeout=20,
    )
    uvicorn.Server(config).run(sockets=[listener])


class Pulse(bootsteps.StartStopStep):
    """Leaves the worker's pulse from its consumer's own timer: it stops when the consumer hangs."""

    component = ""
    timer: Any = None

    def start(self, consumer: Any) -> None:
        """Leave a pulse now and every two seconds."""
        health.pulse(self.component)
        self.timer = consumer.timer.call_repeatedly(health.PULSE_EVERY, health.pulse, (self.component,))

    def stop(self, consumer: Any) -> None:
        """The consumer lost its broker or is stopping."""
        if self.timer is not None:
            self.timer.cancel()

    shutdown = stop


def celery_worker(component: str, queues: str, threads: int) -> None:
    """Run tasks of ``queues`` in ``threads`` threads."""
    app.steps["consumer"].add(type("WorkerPulse", (Pulse,), {"component": component}))
    app.worker_main(
        [
            *("worker", "--queues", queues, "--pool", "threads", "--concurrency", str(threads)),
            *("--hostname", f"{component}@%h", "--loglevel", "INFO"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ]
    )


class PulsingScheduler(Scheduler):
    """Celery's scheduler without its schedule file: sweeps are periodic, nothing is worth keeping."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, then leave a pulse."""
        wait: float = super().tick(*args, **kwargs)
        health.pulse("beat")
        return min(wait, health.PULSE_EVERY)


def beat() -> None:
    """Tick the sweeps."""
    app.Beat(scheduler="devopsweb.supervisor.workers:PulsingScheduler", max_interval=1, loglevel="INFO").run()


class RqWorker(SimpleWorker):
    """Runs deliveries and housekeeping in this process, one after the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A killed worker's scheduler lock is taken over within half a minute instead of ten.
        super().__init__(*args, **{**kwargs, "maintenance_interval": 30})

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        # A long job must not look like a dead worker.
        threading.Thread(target=self._pulse, daemon=True).start()

    def _pulse(self) -> None:
        while True:
            health.pulse("rq")
            time.sleep(health.PULSE_EVERY)

    def execute_job(self, job: Any, queue: Any) -> None:
        """Run a job on a database connection that is known to live."""
        close_old_connections()
        super().execute_job(job, queue)
        close_old_connections()


def rq() -> None:
    """Carry deliveries and keep house."""
    call_command(
        "rqworker",
        *("deliveries", "housekeeping"),
        worker_class="devopsweb.supervisor.workers.RqWorker",
        with_scheduler=True,
        worker_ttl=30,
    )


def instances() -> None:
    """Keep the local instances alive."""
    call_command("local_instances")
