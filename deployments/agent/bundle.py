"""Unpacks a revision: modes and symbolic links as in the archive, nothing outside the folder."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path


class BadBundle(Exception):
    """The archive cannot be unpacked; the text says why."""


def unpack(bundle: Path, folder: Path, *, strip: str = "") -> None:
    """Unpack ``bundle`` into ``folder``, without the top-level folder ``strip``. Raises ``BadBundle``."""
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        with zipfile.ZipFile(bundle) as archive:
            for item in archive.infolist():
                name = item.filename[len(strip) :] if item.filename.startswith(strip) else ""
                if name:
                    _member(archive, item, draft, name)
    except zipfile.BadZipFile as error:
        raise BadBundle(f"The revision is not a sound zip archive: {error}") from None
    os.rename(draft, folder)


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, root: Path, name: str) -> None:
    parts = Path(name).parts
    if name.startswith("/") or ".." in parts:
        raise BadBundle(f"The archive's entry {name!r} leaves its folder.")
    place = root.joinpath(*parts)
    mode = item.external_attr >> 16
    if item.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
    # A symbolic link of the archive must not carry later entries elsewhere.
    if root.resolve() not in (place.parent.resolve() / place.name).parents:
        raise BadBundle(f"The archive's entry {name!r} leaves its folder by a symbolic link.")
    if item.is_dir():
        return
    if stat.S_ISLNK(mode):
        os.symlink(archive.read(item).decode(), place)
        return
    with archive.open(item) as source, place.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    place.chmod((mode & 0o777) or 0o644)
