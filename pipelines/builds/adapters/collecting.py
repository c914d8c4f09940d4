"""Gathers a build's artifact files into one zip blob.

The build's processes are gone by now, but its files are untrusted: a link is never followed
out of the source folder, and nothing but regular files and links is read.
"""

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from devopsweb.blobs import api as blobs
from pipelines.builds.engine import globs
from pipelines.builds.engine.buildspec import ArtifactSpec

_EPOCH = (1980, 1, 1, 0, 0, 0)


class NothingMatches(Exception):
    """No file matches the patterns."""


def collect(source: Path, spec: ArtifactSpec) -> tuple[blobs.Blob, int]:
    """The blob of a zip with every file that ``spec`` names, and how many. Raises ``NothingMatches``."""
    count = 0
    with (
        blobs.writer() as target,
        zipfile.ZipFile(
            cast("Any", _Unseekable(target)), "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive,
    ):
        for base in _bases(source, spec.base_directory):
            for path, name in _files(source, base, spec):
                _add(archive, path, Path(name).name if spec.discard_paths else name, spec)
                count += 1
        if not count:
            raise NothingMatches(
                f"no matching artifact paths found for {', '.join(spec.files)}"
                + (f" below {spec.base_directory}" if spec.base_directory else "")
            )
    return target.blob, count


class _Unseekable:
    """A blob writer as zipfile wants to see it: it then streams, with sizes behind the data."""

    def __init__(self, target: blobs.Writer) -> None:
        self._target = target

    def write(self, data: bytes) -> int:
        return self._target.write(data)

    def flush(self) -> None:
        """Nothing waits here."""


def _bases(source: Path, pattern: str) -> list[Path]:
    if not pattern or pattern in {".", "./"}:
        return [source]
    pattern = pattern.removeprefix("/codebuild/src/").strip("/")
    if "*" not in pattern:
        base = source / pattern
        return [base] if _inside(source, base) and base.is_dir() else []
    return sorted(
        path
        for path in source.iterdir()
        if path.is_dir() and not path.is_symlink() and globs.matches([pattern], path.name)
    )


def _files(source: Path, base: Path, spec: ArtifactSpec) -> Iterator[tuple[Path, str]]:
    for folder, folders, names in os.walk(base):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*names, *links]):
            path = Path(folder) / name
            relative = path.relative_to(base).as_posix()
            if not globs.matches(spec.files, relative) or globs.matches(spec.exclude_paths, relative):
                continue
            if path.is_symlink() and not _inside(source, path):
                continue
            if name in links and not spec.enable_symlinks:
                continue
            yield path, relative


def _inside(source: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(source.resolve())


def _add(archive: zipfile.ZipFile, path: Path, name: str, spec: ArtifactSpec) -> None:
    if path.is_symlink() and spec.enable_symlinks:
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, os.readlink(path))
        return
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = (stat.S_IFREG | (0o755 if status.st_mode & 0o111 else 0o644)) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=status.st_size > 1 << 30) as out:
        while chunk := file.read(1 << 20):
            out.write(chunk)
