"""The folder of one build: source, control files, home and temporary files."""

import os
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from django.conf import settings

from devopsweb.blobs import api as blobs
from devopsweb.kernel.errors import Invalid
from devopsweb.sandbox import api as sandbox

SOURCE = "/codebuild/src"
_MAX_FILES = 200_000
_MAX_BYTES = 8 << 30


class BadArchive(Invalid):
    """The source is not a zip that may be unpacked."""


def root() -> Path:
    """Where the folders of all builds lie."""
    return Path(settings.DEVOPSWEB_HOME) / "builds"


class Workspace:
    """The folder of the build ``uuid``."""

    def __init__(self, uuid: str) -> None:
        self.folder = root() / uuid
        self.source = self.folder / "src"
        self.control = self.folder / "control"

    def create(self) -> None:
        """Make the empty folder; what an earlier attempt left is removed."""
        self.remove()
        for name in ("src", "control", "home", "tmp"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o700)
        (self.folder / "tmp").chmod(0o1777)

    def remove(self) -> None:
        """Remove it, also where the build took its own write permission away."""
        if self.folder.exists():
            shutil.rmtree(self.folder, onerror=_make_writable)

    def spec(self, *, env: Mapping[str, str], network: bool, memory_mib: int) -> sandbox.Spec:
        """What the build sees."""
        mounts = [
            sandbox.Mount(self.source, SOURCE, writable=True),
            sandbox.Mount(self.control, "/codebuild/control", writable=True),
            sandbox.Mount(self.folder / "home", "/root", writable=True),
            sandbox.Mount(self.folder / "tmp", "/tmp", writable=True),  # noqa: S108  the sandbox's own
        ]
        toolchain = sandbox.python_home()
        if toolchain and toolchain.is_relative_to("/root"):
            # The build's own home hides the one in which this Python lies.
            mounts.append(sandbox.Mount(toolchain, str(toolchain)))
        return sandbox.Spec(
            mounts=tuple(mounts),
            env=env,
            workdir=SOURCE,
            hostname="build",
            network=network,
            memory_bytes=memory_mib << 20,
            processes=4096,
            open_files=8192,
        )

    def unpack(self, digest: str) -> None:
        """Unpack the zip blob ``digest`` as the source. Raises ``BadArchive``."""
        try:
            with zipfile.ZipFile(blobs.path(digest)) as archive:
                _check(archive)
                for entry in archive.infolist():
                    _extract(archive, entry, self.source)
        except zipfile.BadZipFile as error:
            raise BadArchive(f"The source is not a zip file: {error}.") from None


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > _MAX_FILES:
        raise BadArchive(f"The source holds more than {_MAX_FILES} files.")
    if sum(entry.file_size for entry in entries) > _MAX_BYTES:
        raise BadArchive(f"The source is larger than {_MAX_BYTES >> 30} GB unpacked.")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or ".." in name.parts:
        raise BadArchive(f"The source holds the unsafe path {entry.filename!r}.")
    place = target / name
    mode = entry.external_attr >> 16
    if entry.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    # Unpacked before anything of the build runs; a parent that is a link would lead outside.
    if any(parent.is_symlink() for parent in place.parents if parent.is_relative_to(target)):
        raise BadArchive(f"The source holds {entry.filename!r} below a link.")
    if stat.S_ISLNK(mode):
        os.symlink(archive.read(entry).decode(), place)
        return
    with archive.open(entry) as source, place.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    place.chmod(0o755 if mode & 0o111 else 0o644)


def _make_writable(function: object, path: str, error: object) -> None:
    parent = os.path.dirname(path)
    os.chmod(parent, 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, 0o700)
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
