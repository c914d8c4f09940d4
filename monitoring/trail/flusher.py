"""A thread that takes this process's records into the chain, a fraction of a second after they were told."""

import os
import threading

import structlog
from django.conf import settings
from django.db import connections

from monitoring.trail.actions import sealing
from monitoring.trail.adapters import spool

log = structlog.get_logger(__name__)

PATIENCE = 2.0


class Flusher:
    """One thread per process, started by the first record."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There is something to take."""
        if not settings.DEVOPSWEB_TRAIL_FLUSH_SECONDS:
            return  # Left to the sweep.
        if not self._rung.is_set():
            self._rung.set()
        if self._thread is None:
            self._start()

    def forget(self) -> None:
        """In a forked child: threads stay with the parent."""
        self.__init__()  # type: ignore[misc]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="trail-flusher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        wait = float(settings.DEVOPSWEB_TRAIL_FLUSH_SECONDS)
        while True:
            self._rung.wait()
            # A breath, so that a burst becomes one batch.
            self._stop.wait(wait)
            self._rung.clear()
            if not self._flush():
                self._rung.set()
                self._stop.wait(PATIENCE)

    def _flush(self) -> bool:
        try:
            if spool.own.name:
                sealing.drain(spool.own.name)
        except Exception:
            log.exception("records wait in their spool file", file=spool.own.name)
            return False
        finally:
            connections.close_all()
        return True


flusher = Flusher()
os.register_at_fork(after_in_child=flusher.forget)
