"""Folders and files of a commit, found by addresses like ``feature/x/src/app.py``."""

import os
import posixpath
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from repos.git.adapters import objects, process
from repos.git.engine import names
from repos.git.errors import PathNotFound, RefNotFound
from repos.git.models import Repository
from repos.git.queries import revisions
from repos.git.types import CommitInfo, Entry

MAX_SHOWN = 2 << 20  # CodeCommit's console shows no larger file
MAX_DEPTH = 100
LOOK_BACK_SECONDS = 0.4


@dataclass(frozen=True)
class Place:
    """A file or folder of a commit; ``revision`` is how the caller named the commit."""

    revision: str
    commit: CommitInfo
    path: str
    kind: str
    sha: str
    mode: str = ""
    size: int = 0

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def folder(self) -> str:
        """The path of what holds it."""
        return posixpath.dirname(self.path)

    @property
    def is_branch_tip(self) -> bool:
        """Whether the address follows a name, so that tomorrow it may show something else."""
        return not names.is_short_sha(self.revision)


def find(target: Repository, address: str) -> Place:
    """The place that ``<branch, tag or id>/<path>`` names. Raises ``RefNotFound``, ``PathNotFound``."""
    with objects.borrow(target.directory) as reader:
        revision, path = _split(reader, address.strip("/"))
        sha = revisions.find(reader, revision)
        if sha is None:
            raise RefNotFound(f"{target.name} has no branch, tag or commit {revision[:100]!r}.")
        commit = reader.commit(sha)
        return _descend(reader, revision, commit, path)


def _split(reader: objects.Reader, address: str) -> tuple[str, str]:
    """Names of branches may hold slashes: the shortest beginning that is a branch or tag wins."""
    parts = address.split("/")
    for prefix in (names.BRANCHES, names.TAGS):
        for count in range(1, min(len(parts), MAX_DEPTH) + 1):
            candidate = "/".join(parts[:count])
            if names.is_reference(candidate) and reader.header(prefix + candidate):
                return candidate, "/".join(parts[count:])
    return parts[0], "/".join(parts[1:])


def _descend(reader: objects.Reader, revision: str, commit: CommitInfo, path: str) -> Place:
    kind, sha, mode = "tree", commit.tree, "040000"
    for part in filter(None, path.split("/")):
        rows = reader.tree(sha) if kind == "tree" else None
        row = next((row for row in rows or [] if row.name == part), None)
        if row is None:
            raise PathNotFound(f"{revision} holds nothing at {path[:200]!r}.")
        kind, sha, mode = row.kind, row.sha, row.mode
    header = reader.header(sha) if kind in {"blob", "link"} else None
    return Place(revision, commit, path.strip("/"), kind, sha, mode, header.size if header else 0)


def at(target: Repository, commit: CommitInfo, path: str) -> Place:
    """What lies at ``path`` (empty: the root) of ``commit``. Raises ``PathNotFound``."""
    with objects.borrow(target.directory) as reader:
        return _descend(reader, commit.sha, commit, path)


def entries(target: Repository, place: Place) -> list[Entry]:
    """The rows of a folder."""
    with objects.borrow(target.directory) as reader:
        return reader.tree(place.sha) or []


def size(target: Repository, sha: str) -> int:
    """A blob's size in bytes."""
    with objects.borrow(target.directory) as reader:
        header = reader.header(sha)
    return header.size if header else 0


def blob_size(target: Repository, sha: str) -> int | None:
    """A blob's size in bytes, or None when no blob has this id."""
    with objects.borrow(target.directory) as reader:
        header = reader.header(sha)
    return header.size if header is not None and header.kind == "blob" else None


def content(target: Repository, sha: str) -> bytes:
    """A blob's bytes; look at its size first."""
    with objects.borrow(target.directory) as reader:
        return reader.data(sha)


def stream(target: Repository, sha: str) -> Iterator[bytes]:
    """A blob's bytes piece by piece, whatever its size."""
    with objects.borrow(target.directory) as reader:
        yield from reader.chunks(sha)


_README = re.compile(r"readme(\.(md|markdown|txt|rst))?", re.IGNORECASE)


def readme(rows: list[Entry]) -> Entry | None:
    """The file of a folder that introduces it, Markdown before others."""
    found = [row for row in rows if row.kind == "blob" and _README.fullmatch(row.name)]
    return min(found, key=lambda row: (not row.name.lower().endswith(".md"), row.name), default=None)


def paths(target: Repository, commit: CommitInfo, *, containing: str, limit: int) -> tuple[list[str], bool]:
    """Paths of files whose parts contain all words of ``containing``, and whether there are more."""
    words = containing.lower().split()
    listing = process.run(target.directory, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit.tree)
    found = []
    for raw in listing.split(b"\0")[:-1]:
        path = objects.text_of(raw)
        if all(word in path.lower() for word in words):
            found.append(path)
            if len(found) > limit:
                return found[:limit], True
    return found, False


@dataclass(frozen=True)
class LastChange:
    """The commit that last touched a row of a folder."""

    sha: str
    subject: str
    at: datetime


_remembered: OrderedDict[tuple[str, str, str], dict[str, LastChange]] = OrderedDict()
_lock = threading.Lock()
_REMEMBERED = 500


def last_changes(target: Repository, place: Place, rows: list[Entry]) -> dict[str, LastChange]:
    """The last change of each row by name; rows that changed too long ago are missing.

    The answer for a commit never changes, so a complete one is remembered.
    """
    key = (str(target.pk), place.commit.sha, place.path)
    with _lock:
        if key in _remembered:
            return _remembered[key]
    found, complete = _look_back(target, place, {row.name for row in rows})
    if complete:
        with _lock:
            _remembered[key] = found
            while len(_remembered) > _REMEMBERED:
                _remembered.popitem(last=False)
    return found


def _look_back(target: Repository, place: Place, wanted: set[str]) -> tuple[dict[str, LastChange], bool]:
    prefix = f"{place.path}/" if place.path else ""
    arguments = ["log", "-z", "--no-color", "--no-renames", "--name-only", "--format=%x01%H%x02%ct%x02%s"]
    limits = ["--max-count=20000", "--end-of-options", place.commit.sha, "--"]
    paths = [f":(top,literal){place.path}"] if place.path else []
    found: dict[str, LastChange] = {}
    with process.reading(target.directory, *arguments, *limits, *paths) as git:
        timer = threading.Timer(LOOK_BACK_SECONDS, git.kill)
        timer.start()
        change: LastChange | None = None
        for token in _tokens(git):
            if token.startswith(b"\x01"):
                change = _change(token)
            elif change is not None:
                name = objects.text_of(token).removeprefix(prefix).split("/", 1)[0]
                if name in wanted:
                    found.setdefault(name, change)
            if len(found) == len(wanted):
                break
        timer.cancel()
        complete = len(found) == len(wanted) or git.wait() == 0
    return found, complete


def _tokens(git: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    """What lies between the NULs; git puts a newline between a header and the first name."""
    if git.stdout is None:
        return
    buffer = b""
    while piece := os.read(git.stdout.fileno(), 1 << 16):
        *whole, buffer = (buffer + piece).split(b"\0")
        yield from filter(None, (token.lstrip(b"\n") for token in whole))


def _change(token: bytes) -> LastChange:
    sha, stamp, subject = token[1:].split(b"\x02", 2)
    return LastChange(sha.decode(), subject.decode(errors="replace"), datetime.fromtimestamp(int(stamp), UTC))
