"""Spool files: what a process has told of, on disk before the call is answered.

One file per process under ``DEVOPSWEB_HOME/trail/spool``, one line per record. The kernel keeps what was
written when the process is killed; a power cut takes what was not synced. A process holds a lock on its file
as long as it lives; a file whose lock can be had is nobody's any more.
"""

import errno
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

LARGEST = 8 << 20


def folder() -> Path:
    """Where the spool files lie."""
    return Path(settings.DEVOPSWEB_HOME) / "trail" / "spool"


class Spool:
    """This process's own file; safe for its threads, begun anew in its children."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._written = 0
        self._synced = 0
        self._descriptor = -1
        self._file = Path()
        self._size = 0
        self._torn = False

    def append(self, body: str) -> int:
        """Write one record (a line of ASCII); its number, for ``sync``."""
        line = f"{body}\n".encode("ascii")
        with self._lock:
            descriptor = self._open()
            # After a write that ended in the middle, the next record begins on a line of its own.
            data = b"\n" + line if self._torn else line
            self._torn = True
            while data:
                data = data[os.write(descriptor, data) :]
            self._torn = False
            self._size += len(line)
            self._written += 1
            return self._written

    def sync(self, number: int | None = None) -> None:
        """Have the disk keep all records to ``number`` (all that were written); whoever waits together, syncs once."""
        with self._syncing:
            if number is not None and self._synced >= number:
                return
            with self._lock:
                if self._descriptor < 0:
                    return
                upto, descriptor, file = self._written, os.dup(self._descriptor), self._file
            try:
                os.fdatasync(descriptor)
                if not _is_at(file, descriptor):
                    raise FileNotFoundError(errno.ENOENT, "The spool file was taken away", str(file))
            finally:
                os.close(descriptor)
            self._synced = upto

    @property
    def name(self) -> str:
        """The present file's name, or empty before the first record."""
        return self._file.name if self._descriptor >= 0 else ""

    def close(self) -> None:
        """Let go of the file: whoever comes first takes it into the chain and removes it."""
        with self._lock:
            self._close()

    def give_up(self) -> None:
        """Let go of a file that cannot be written; the next record begins another one."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def forget(self) -> None:
        """In a forked child: the file is the parent's."""
        self._lock, self._syncing = threading.Lock(), threading.Lock()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        here = folder()
        if self._descriptor >= 0 and (self._size > LARGEST or self._file.parent != here):
            self._close()
        if self._descriptor < 0:
            here.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = here / f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self._file, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self._size, self._torn = 0, False
            _keep_name(here)
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1


def _is_at(file: Path, descriptor: int) -> bool:
    """Whether what is written to ``descriptor`` still can be found under its name."""
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def probe() -> None:
    """Write a block into the folder and take it away again. Raises ``OSError``."""
    here = folder()
    here.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = here / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        file.write_bytes(b"\n" * 4096)
    finally:
        file.unlink(missing_ok=True)


def _keep_name(where: Path) -> None:
    """A new file outlives a power cut only once its folder was synced."""
    descriptor = os.open(where, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Lines:
    """Complete lines of a spool file, and where the next one begins."""

    lines: tuple[str, ...]
    offset: int


def read(name: str, offset: int, *, limit: int) -> Lines:
    """Up to ``limit`` complete lines from ``offset`` on; none when the file is gone."""
    found: list[str] = []
    try:
        with (folder() / name).open("rb") as file:
            file.seek(offset)
            while len(found) < limit and (line := file.readline()).endswith(b"\n"):
                offset += len(line)
                found.append(line[:-1].decode("ascii", "replace"))
    except FileNotFoundError:
        pass
    return Lines(tuple(found), offset)


def files() -> list[tuple[str, int, float]]:
    """(name, size, seconds since the last record) of every spool file, oldest first."""
    found = []
    for path in sorted(folder().glob("*-*-*")):
        with suppress(FileNotFoundError):
            about = path.stat()
            found.append((path.name, about.st_size, time.time() - about.st_mtime))
    return found


@contextmanager
def abandoned(name: str) -> Iterator[bool]:
    """Whether the file's process is gone; within the block nobody else finds it so."""
    try:
        descriptor = os.open(folder() / name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        os.close(descriptor)


def remove(name: str) -> None:
    """Delete a file that was taken into the chain to its end."""
    (folder() / name).unlink(missing_ok=True)


own = Spool()
os.register_at_fork(after_in_child=own.forget)
