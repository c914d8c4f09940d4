"""Threads that finish what a call has only begun: its record on the disk itself, and in the chain."""

import os
import threading
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connections

from monitoring.trail.actions import sealing
from monitoring.trail.adapters import spool
from monitoring.trail.keeping import keeper

log = structlog.get_logger(__name__)

PATIENCE = 2.0


class Flusher:
    """One thread per process, started by the first record; a burst becomes one turn of ``work``."""

    def __init__(self, name: str, wait: Callable[[], float], work: Callable[[], None]) -> None:
        self._name, self._wait, self._work = name, wait, work
        self.forget()

    def forget(self) -> None:
        """In a forked child: threads stay with the parent."""
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There is something to do."""
        if not self._wait():
            return
        if not self._rung.is_set():
            self._rung.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._rung.wait()
            self._stop.wait(self._wait())
            self._rung.clear()
            try:
                self._work()
            except Exception:  # the thread must outlive it: the next turn tries again
                log.exception("records wait in their spool file", file=spool.own.name, thread=self._name)
                self._rung.set()
                self._stop.wait(PATIENCE)


def _into_the_chain() -> None:
    try:
        if spool.own.name:
            sealing.drain(spool.own.name)
    finally:
        connections.close_all()


# Without a time, sealing is left to the sweep, and a record is synced before its call is answered.
flusher = Flusher("trail-flusher", lambda: float(settings.DEVOPSWEB_TRAIL_FLUSH_SECONDS), _into_the_chain)
syncer = Flusher("trail-syncer", lambda: float(settings.DEVOPSWEB_TRAIL_SYNC_SECONDS), keeper.sync)
os.register_at_fork(after_in_child=flusher.forget)
os.register_at_fork(after_in_child=syncer.forget)
