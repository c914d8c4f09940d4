"""Reads objects through persistent ``git cat-file`` processes, kept in a pool.

A read costs a line through a pipe instead of a process. A handle serves one borrower at a
time; idle ones are closed after a while, and all of a repository's when it is deleted.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from git.cmd import Git

from repos.git.adapters import process
from repos.git.errors import GitFailed
from repos.git.types import CommitInfo, Entry

IDLE_SECONDS = 60
IDLE_HANDLES = 24
CHUNK = 1 << 16


class Header(NamedTuple):
    """What an object is."""

    sha: str
    kind: str
    size: int


class Reader:
    """One repository's objects; not for use by two threads at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._git = Git(str(directory))
        self._git.update_environment(**process.environment(GIT_DIR=str(directory)))

    def header(self, name: str) -> Header | None:
        """What ``name`` (any revision expression) is, or None if there is no such object."""
        if "\n" in name or "\0" in name or not name:
            return None
        try:
            sha, kind, size = self._git.get_object_header(name)
        except ValueError:
            return None
        # GitPython hands out bytes here, whatever its annotations say.
        return Header(_text(sha), _text(kind), size)

    def data(self, sha: str) -> bytes:
        """An object's bytes; only for objects whose size was looked at."""
        return self._git.get_object_data(sha)[3]

    def chunks(self, sha: str) -> Iterator[bytes]:
        """A blob's bytes piece by piece; must be read to its end."""
        stream = self._git.stream_object_data(sha)[3]
        while piece := stream.read(CHUNK):
            yield piece

    def commit(self, sha: str) -> CommitInfo:
        """The commit ``sha`` (a full id of a commit)."""
        return parse_commit(sha, self.data(sha))

    def tree(self, name: str) -> list[Entry] | None:
        """The rows of the tree that ``name`` leads to, or None if it leads to none."""
        header = self.header(f"{name}^{{tree}}")
        if header is None or header.kind != "tree":
            return None
        return parse_tree(self.data(header.sha))

    def close(self) -> None:
        """End the processes."""
        self._git.clear_cache()

    def disown(self) -> None:
        """Forget the processes without touching them: they belong to the parent of a fork."""
        for command in (self._git.cat_file_all, self._git.cat_file_header):
            if command is not None:
                command.proc = None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@dataclass
class Pool:
    """Idle readers by repository folder."""

    idle: dict[Path, list[tuple[float, Reader]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def borrow(self, directory: Path) -> Iterator[Reader]:
        """A reader of the repository for the length of the block."""
        reader = self._take(directory)
        try:
            yield reader
        except BaseException:
            # The pipe may hold half an answer: never reuse it.
            reader.close()
            raise
        self._give_back(reader)

    def _take(self, directory: Path) -> Reader:
        with self.lock:
            waiting = self.idle.get(directory)
            if waiting:
                return waiting.pop()[1]
        if not directory.is_dir():
            raise GitFailed(f"The folder of the repository is gone: {directory.name}.")
        return Reader(directory)

    def _give_back(self, reader: Reader) -> None:
        now = time.monotonic()
        with self.lock:
            self.idle.setdefault(reader.directory, []).append((now, reader))
            stale = self._stale(now)
        for old in stale:
            old.close()

    def _stale(self, now: float) -> list[Reader]:
        """Take out what idles too long, and the oldest beyond the limit."""
        entries = sorted(
            ((used, reader) for waiting in self.idle.values() for used, reader in waiting),
            key=lambda entry: entry[0],
        )
        surplus = len(entries) - IDLE_HANDLES
        out = [r for n, (used, r) in enumerate(entries) if n < surplus or now - used > IDLE_SECONDS]
        gone = set(map(id, out))
        self.idle = {
            directory: kept
            for directory, waiting in self.idle.items()
            if (kept := [entry for entry in waiting if id(entry[1]) not in gone])
        }
        return out

    def discard(self, directory: Path) -> None:
        """Close the idle readers of a repository."""
        with self.lock:
            waiting = self.idle.pop(directory, [])
        for _, reader in waiting:
            reader.close()

    def close(self) -> None:
        """Close all idle readers."""
        for directory in list(self.idle):
            self.discard(directory)

    def forget(self) -> None:
        """Start empty after a fork; the processes are the parent's."""
        for waiting in self.idle.values():
            for _, reader in waiting:
                reader.disown()
        self.idle = {}
        self.lock = threading.Lock()


POOL = Pool()
os.register_at_fork(after_in_child=POOL.forget)
atexit.register(POOL.close)


def borrow(directory: Path) -> AbstractContextManager[Reader]:
    """A pooled reader of the repository in ``directory``."""
    return POOL.borrow(directory)


_KINDS = {"40000": "tree", "120000": "link", "160000": "commit"}


def parse_tree(data: bytes) -> list[Entry]:
    """The rows of a raw tree, folders first, then by name."""
    rows, at = [], 0
    while at < len(data):
        blank = data.index(b" ", at)
        end = data.index(b"\0", blank)
        mode, name = data[at:blank].decode(), data[blank + 1 : end]
        sha = data[end + 1 : end + 21].hex()
        rows.append(Entry(text_of(name), name, _KINDS.get(mode.lstrip("0"), "blob"), mode.zfill(6), sha))
        at = end + 21
    return sorted(rows, key=lambda row: (row.kind != "tree", row.name.lower(), row.name))


def text_of(name: bytes) -> str:
    """A file name as text; bytes that are no UTF-8 become ``%XX``, as they do in addresses."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return "".join(
            f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c
            for c in name.decode(errors="surrogateescape")
        )


def parse_commit(sha: str, data: bytes) -> CommitInfo:
    """A raw commit object."""
    head, _, message = data.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b" "):
            key, _, value = line.partition(b" ")
            fields.setdefault(key, []).append(value)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode(errors="replace")
    author, author_email, authored_at = _person(fields.get(b"author", [b""])[0], encoding)
    committer, committer_email, committed_at = _person(fields.get(b"committer", [b""])[0], encoding)
    return CommitInfo(
        sha=sha,
        message=_decode(message, encoding),
        author_name=author,
        author_email=author_email,
        authored_at=authored_at,
        committed_at=committed_at,
        parents=tuple(p.decode() for p in fields.get(b"parent", [])),
        tree=fields.get(b"tree", [b""])[0].decode(),
        committer_name=committer,
        committer_email=committer_email,
        extra=_extra(head),
    )


def _extra(head: bytes) -> str:
    """The header lines beyond those of every commit, with their continuations."""
    lines, kept = [], False
    for line in head.split(b"\n"):
        if not line.startswith(b" "):
            kept = line.split(b" ", 1)[0] not in {b"tree", b"parent", b"author", b"committer"}
        if kept:
            lines.append(line)
    return b"\n".join(lines).decode(errors="replace")


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return data.decode(errors="replace")


def _person(line: bytes, encoding: str) -> tuple[str, str, datetime]:
    name, _, rest = line.partition(b" <")
    email, _, when = rest.rpartition(b"> ")
    return _decode(name, encoding), _decode(email, encoding), _moment(when.decode(errors="replace"))


def _moment(text: str) -> datetime:
    """``1700000000 +0200`` as a datetime; nonsense, which old tools wrote, as the epoch."""
    seconds, _, zone = text.partition(" ")
    try:
        sign = -1 if zone.startswith("-") else 1
        offset = timedelta(hours=int(zone[1:3] or 0), minutes=int(zone[3:5] or 0)) * sign
        return datetime.fromtimestamp(int(seconds), timezone(offset))
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
