"""Writes one stream from a running program: masks, batches, retries, and closes it.

A line is stored at most 100 ms after it was complete, or when 64 KB wait. A background
thread keeps that promise; ``tick`` is the same promise for tests with their own clock.
"""

import threading
import time
from collections.abc import Callable

import structlog

from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict
from monitoring.logs.actions import streams
from monitoring.logs.adapters import files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.adapters.bell import bell
from monitoring.logs.engine.failures import tells_failure
from monitoring.logs.engine.splitting import LineSplitter
from monitoring.logs.errors import StoreUnwritable, WriterFenced
from monitoring.logs.types import Line

log = structlog.get_logger(__name__)

BATCH_WAIT = 0.1
BATCH_BYTES = 64 * 1024
MOST_WAITING = 16 * 1024 * 1024
RETRY_WAIT = 1.0


class Writer:
    """The one writer of a stream; thread-safe; continues after the lines already stored.

    ``mask`` sees every line before it is stored. Give ``monotonic`` and ``background=False``
    to drive it by ``tick``.
    """

    def __init__(
        self,
        stream_id: str,
        mask: Callable[[str], str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        self.stream_id = stream_id
        self._mask = mask
        self._clock = monotonic
        self._appender = Appender(files.place(stream_id))
        self._stored = self._appender.total()
        self._waiting: list[Line] = []
        self._bytes = 0
        self._due_at: float | None = None
        self._splitter = LineSplitter()
        self._closed = False
        self._failed: StoreUnwritable | None = None
        self._fatal: Exception | None = None
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        if background:
            self._thread = threading.Thread(target=self._run, name=f"log {stream_id[:8]}", daemon=True)
            self._thread.start()

    @property
    def total(self) -> int:
        """How many lines were written, stored or waiting."""
        with self._changed:
            return self._stored + len(self._waiting)

    def write(self, text: str, *, mark: str = "", at_ms: int | None = None) -> int:
        """Add ``text`` as one line, or several at its line feeds; the number of the first.

        Raises ``StoreUnwritable`` when the store has refused for so long that too much waits.
        """
        with self._changed:
            self._end_half()
            number = self._stored + len(self._waiting)
            for line in text.removesuffix("\n").split("\n"):
                self._add(line, mark, at_ms)
            self._flush_if_full()
            return number

    def feed(self, data: bytes) -> None:
        """Add a program's raw output; a half line waits for its end, at most a second."""
        with self._changed:
            for line in self._splitter.feed(data, self._clock()):
                self._add(line, "error" if tells_failure(line) else "", None)
            self._flush_if_full()
            self._changed.notify()

    def flush(self) -> None:
        """Store everything that is complete, now. Raises what the store raises."""
        with self._changed:
            self._store()

    def tick(self) -> None:
        """Do what is due by the clock; a store that refuses is tried again later."""
        with self._changed:
            if self._closed:
                return
            now = self._clock()
            half_due = self._splitter.due_at()
            if half_due is not None and half_due <= now:
                self._end_half()
            if self._due_at is not None and self._due_at <= now:
                self._try_to_store(now)

    def close(self) -> None:
        """Store the rest and end the stream. Closing twice does nothing."""
        with self._changed:
            if self._closed:
                return
            try:
                self._end_half()
                self._store()
            finally:
                self._closed = True
                self._changed.notify()
                self._appender.release()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        streams.close(stream_id=self.stream_id)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, text: str, mark: str, at_ms: int | None) -> None:
        if self._fatal is not None:
            raise self._fatal
        if self._closed:
            raise WriterFenced("The log writer is closed.")
        moment = clock.millis(clock.now()) if at_ms is None else at_ms
        line = Line(moment, self._mask(text), mark)
        self._waiting.append(line)
        self._bytes += len(line.text)
        if self._due_at is None:
            self._due_at = self._clock() + BATCH_WAIT
            self._changed.notify()

    def _end_half(self) -> None:
        if self._splitter.has_half:
            line = self._splitter.take()
            self._add(line, "error" if tells_failure(line) else "", None)

    def _flush_if_full(self) -> None:
        if self._bytes < BATCH_BYTES:
            return
        if self._failed is None or self._bytes > MOST_WAITING:
            self._try_to_store(self._clock())
        if self._failed is not None and self._bytes > MOST_WAITING:
            raise StoreUnwritable(f"Too many log lines wait for the store: {self._failed}") from self._failed

    def _try_to_store(self, now: float) -> None:
        try:
            self._store()
        except StoreUnwritable as error:
            if self._failed is None:
                log.warning("log lines wait for the store", stream=self.stream_id, error=str(error))
            self._failed, self._due_at = error, now + RETRY_WAIT

    def _store(self) -> None:
        if self._fatal is not None:
            raise self._fatal
        if not self._waiting:
            return
        expected = self._stored + len(self._waiting)
        try:
            total = self._appender.append(self._stored, self._waiting)
            if total != expected:
                raise WriterFenced(f"Another writer appended to the log stream {self.stream_id}.")
        except Conflict as error:
            self._fatal = error
            raise
        self._waiting, self._bytes, self._due_at, self._failed = [], 0, None, None
        self._stored = total
        bell.ring(self.stream_id, total)

    def _wait(self) -> float | None:
        due = [at for at in (self._due_at, self._splitter.due_at()) if at is not None]
        return max(0.0, min(due) - self._clock()) if due else None

    def _run(self) -> None:
        while self._step():
            pass

    def _step(self) -> bool:
        with self._changed:
            if not self._closed:
                self._changed.wait(self._wait())
            try:
                self.tick()
            except Conflict as error:  # its owner learns it from the next call
                log.warning("log writer stopped", stream=self.stream_id, error=str(error))
                return False
            return not self._closed
