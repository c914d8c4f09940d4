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

from devopsweb.kernel.errors import NotFound

CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobNotFound(NotFound):
    """No blob has this digest."""


@dataclass(frozen=True)
class Blob:
    """A stored blob: its SHA-256 in hex, and its size in bytes."""

    digest: str
    size: int


def _root() -> Path:
    return Path(settings.DEVOPSWEB_HOME) / "blobs"


def path(digest: str) -> Path:
    """The file of a blob, to read only. Raises ``BlobNotFound``."""
    place = _root() / digest[:2] / digest
    if not _DIGEST.fullmatch(digest) or not place.is_file():
        raise BlobNotFound(f"There is no blob {digest[:64]!r}.")
    return place


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
    aside = _root() / "incoming"
    aside.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=aside)
    try:
        with os.fdopen(descriptor, "wb") as file:
            target = Writer(file)
            yield target
            file.flush()
            os.fsync(file.fileno())
        target.blob = target.finish()
        place = _root() / target.blob.digest[:2] / target.blob.digest
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(name, place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
