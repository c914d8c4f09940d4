"""Content-addressed storage: a blob's name is the SHA-256 of its bytes.

Files lie under ``DEVOPSWEB_HOME/blobs/<first two digits>/<digest>``. A blob is written
aside, synced and renamed into place, so a reader never sees half of one, and writing
the same bytes twice costs one copy.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from devopsweb.kernel.errors import Invalid, NotFound

CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobNotFound(NotFound):
    """No blob has this digest."""


class RangeNotSatisfiable(Invalid):
    """The range lies outside the blob."""


@dataclass(frozen=True)
class Blob:
    """A stored blob: its SHA-256 in hex, and its size in bytes."""

    digest: str
    size: int


def root() -> Path:
    """The folder of all blobs."""
    return Path(settings.DEVOPSWEB_HOME) / "blobs"


def incoming() -> Path:
    """Where blobs are written before they have a name."""
    return root() / "incoming"


def path(digest: str) -> Path:
    """The file of a blob, to read only. Raises ``BlobNotFound``."""
    place = root() / digest[:2] / digest
    if not _DIGEST.fullmatch(digest) or not place.is_file():
        raise BlobNotFound(f"There is no blob {digest[:64]!r}.")
    return place


def info(digest: str) -> Blob:
    """The blob's size. Raises ``BlobNotFound``."""
    return Blob(digest, path(digest).stat().st_size)


def chunks(digest: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes from ``start`` on, ``length`` of them or all, in pieces of at most 1 MB.

    Raises ``BlobNotFound`` and ``RangeNotSatisfiable`` at once, not at the first piece.
    """
    place = path(digest)
    size = place.stat().st_size
    left = size - start if length is None else length
    if start < 0 or left < 0 or start + left > size:
        raise RangeNotSatisfiable(f"Bytes {start} to {start + left} lie outside the {size} of the blob.")
    return _pieces(place, start, left)


def _pieces(place: Path, start: int, left: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        file.seek(start)
        while left and (piece := file.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece


def verify(digest: str) -> bool:
    """Whether the stored bytes still are what their name says. Raises ``BlobNotFound``."""
    with path(digest).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == digest


class Writer:
    """Collects the bytes of one new blob; ``blob`` is set when the ``writer`` block ends well."""

    blob: Blob

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Append ``data``."""
        self._hash.update(data)
        self._size += len(data)
        return self._file.write(data)

    def finish(self) -> Blob:
        """The blob that the bytes so far make."""
        return Blob(self._hash.hexdigest(), self._size)


@contextmanager
def writer() -> Iterator[Writer]:
    """A ``Writer``; on leaving the block the blob is stored, on an exception nothing is."""
    incoming().mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=incoming())
    try:
        with os.fdopen(descriptor, "wb") as file:
            target = Writer(file)
            yield target
            file.flush()
            os.fsync(file.fileno())
        target.blob = target.finish()
        place = root() / target.blob.digest[:2] / target.blob.digest
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(name, place)
        _sync_folder(place.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut: the row that names the blob is about to be committed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(chunks: Iterable[bytes]) -> Blob:
    """Store the joined ``chunks``."""
    with writer() as target:
        for chunk in chunks:
            target.write(chunk)
    return target.blob


def put_file(source: Path) -> Blob:
    """Store a copy of the file ``source``."""
    with source.open("rb") as file:
        return put(iter(lambda: file.read(CHUNK), b""))
