"""Appends to one stream's files, one writer at a time.

Safe against kill -9: what ``append`` returned is in the files; a torn tail is cut off and
the index is mended by the next append. Safe against power failure up to a second ago:
the lines are synced once a second while they are written, and when the stream is closed.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from monitoring.logs.adapters import files
from monitoring.logs.adapters.files import CHUNK, ENTRY, START, STEP_BYTES, STEP_LINES, Entry, MarkPicker
from monitoring.logs.engine import records
from monitoring.logs.errors import LineGap, StoreUnwritable, StreamEnded
from monitoring.logs.types import Line, Mark

SYNC_EVERY = 1.0
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Appender:
    """An open stream. Other processes may append in between; each append looks first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, int] = {}
        self._known = -1
        self._total = 0
        self._entry = START
        self._newest = 0
        self._picker = MarkPicker([], in_failure=False)
        self._synced_at = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("lines", "index", "marks"):
                self._opened[name] = os.open(folder / name, _FLAGS, 0o640)
        except OSError as error:
            self.release()
            raise StoreUnwritable(f"The log files cannot be opened: {error.strerror}.") from error

    def release(self) -> None:
        """Close the files; the stream stays open for others."""
        for descriptor in self._opened.values():
            os.close(descriptor)
        self._opened = {}

    def __enter__(self) -> "Appender":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lines = self._opened["lines"]
        fcntl.flock(lines, fcntl.LOCK_EX)
        try:
            if os.fstat(lines).st_size != self._known:
                self._mend()
            yield
        except OSError as error:
            self._known = -1
            raise StoreUnwritable(f"The log cannot be written: {error.strerror}.") from error
        finally:
            fcntl.flock(lines, fcntl.LOCK_UN)

    def total(self) -> int:
        """How many whole lines are stored, after mending."""
        with self._alone():
            return self._total

    def append(self, first: int, lines: Sequence[Line]) -> int:
        """Store ``lines``, of which the first has number ``first``; returns the new total.

        Lines already stored are skipped. Raises ``LineGap``, ``StreamEnded``, ``StoreUnwritable``.
        """
        with self._alone():
            if first > self._total:
                raise LineGap(f"The stream has {self._total:,} lines; line {first:,} cannot follow them.")
            new = lines[self._total - first :]
            if not new:
                return self._total
            if files.is_ended(self.folder):
                raise StreamEnded("The log stream is closed and takes no more lines.")
            self._write(b"".join(map(records.encode, new)))
            self._sync_now_and_then()
            return self._total

    def extend(self, lines: Sequence[Line]) -> tuple[int, bool]:
        """Store ``lines`` after whatever is there; the new total, and whether they are in order with it.

        Raises ``StreamEnded``, ``StoreUnwritable``.
        """
        with self._alone():
            if files.is_ended(self.folder):
                raise StreamEnded("The log stream is closed and takes no more lines.")
            in_order = not lines or lines[0].at_ms >= self._newest
            self._write(b"".join(map(records.encode, lines)))
            self._sync_now_and_then()
            return self._total, in_order

    def clear(self, *, older_than: int) -> bool:
        """Forget all lines, unless one of them is not older than that; whether it did.

        Who waits to append finds the stream empty and goes on.
        """
        with self._alone():
            if self._newest >= older_than:
                return False
            for name in ("index", "marks", "lines"):
                os.ftruncate(self._opened[name], 0)
            self._known = -1
            return True

    def end(self) -> int:
        """Sync everything and mark the stream as closed; returns its total."""
        with self._alone():
            for descriptor in self._opened.values():
                os.fsync(descriptor)
            ended = os.open(self.folder / "ended", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
            os.close(ended)
            return self._total

    def _write(self, data: bytes) -> None:
        begin = self._known
        self._known = -1  # until all files agree again
        _write_all(self._opened["lines"], data)
        self._note(data, begin)
        self._known = begin + len(data)

    def _note(self, data: bytes, begin: int) -> None:
        """Write index entries and marks for whole records that start at byte ``begin``."""
        entries: list[Entry] = []
        marks: list[Mark] = []
        offset = begin
        for record in data.splitlines(keepends=True):
            if self._total - self._entry.line >= STEP_LINES or offset - self._entry.offset >= STEP_BYTES:
                self._entry = Entry(self._total, offset, self._newest)
                entries.append(self._entry)
            self._newest = max(self._newest, records.time_of(record))
            if mark := self._picker.see(self._total, record):
                marks.append(mark)
            self._total += 1
            offset += len(record)
        if marks:
            _write_all(self._opened["marks"], _rows(marks))
        if entries:
            _write_all(self._opened["index"], b"".join(ENTRY.pack(*entry) for entry in entries))

    def _mend(self) -> None:
        """Find out how far the files reach and make them agree."""
        lines, index = self._opened["lines"], self._opened["index"]
        number, entry = files.last_entry(lines, index)
        os.ftruncate(index, (number + 1) * ENTRY.size)
        self._total, self._newest, self._entry = entry.line, entry.newest, entry
        kept = [mark for mark in files.stored_marks(self.folder) if mark.number < entry.line]
        os.ftruncate(self._opened["marks"], len(_rows(kept)))
        self._picker = MarkPicker(kept, in_failure=files.in_failure(lines, entry))
        position, rest = entry.offset, b""
        while chunk := os.pread(lines, CHUNK, position + len(rest)):
            rest += chunk
            whole = rest.rfind(b"\n") + 1
            if whole:
                self._note(rest[:whole], position)
                position, rest = position + whole, rest[whole:]
        if rest:
            os.ftruncate(lines, position)
        self._known = position

    def _sync_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._synced_at >= SYNC_EVERY:
            self._synced_at = now
            with suppress(OSError):  # some file systems refuse; the kernel writes it back anyway
                os.fdatasync(self._opened["lines"])


def _rows(marks: Sequence[Mark]) -> bytes:
    return b"".join(
        json.dumps([m.number, m.at_ms, m.mark, m.text], ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        for m in marks
    )


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
