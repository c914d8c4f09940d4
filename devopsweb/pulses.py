"""Celery workers, beat and RQ workers that leave a pulse, whoever started them."""

import threading
import time
from typing import Any

from celery import bootsteps
from celery.beat import Scheduler
from django.db import close_old_connections
from rq import SimpleWorker

from devopsweb import health

# A worker is the component whose queue it consumes.
COMPONENTS = {"engine": "worker-engine", "builds": "worker-builds"}


class WorkerPulse(bootsteps.StartStopStep):
    """Leaves a worker's pulse from its consumer's own timer: it stops when the consumer hangs."""

    timer: Any = None

    def start(self, consumer: Any) -> None:
        """Leave a pulse now and every two seconds."""
        queues = set(consumer.app.amqp.queues.consume_from)
        names = [component for queue, component in COMPONENTS.items() if queue in queues]

        def pulse() -> None:
            for name in names:
                health.pulse(name)

        pulse()
        self.timer = consumer.timer.call_repeatedly(health.PULSE_EVERY, pulse)

    def stop(self, consumer: Any) -> None:
        """The consumer lost its broker or is stopping."""
        if self.timer is not None:
            self.timer.cancel()

    shutdown = stop


class PulsingScheduler(Scheduler):
    """Celery's scheduler without its schedule file: sweeps are periodic, nothing is worth keeping."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, then leave a pulse."""
        wait: float = super().tick(*args, **kwargs)
        health.pulse("beat")
        return min(wait, health.PULSE_EVERY)


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
