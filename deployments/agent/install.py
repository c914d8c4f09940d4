"""The Install event: remove what the last one made, copy the new files, set their permissions.

The order is the CodeDeploy agent's: first the old files go, then everything is checked, and
only when nothing stands in the way the first file is copied.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class InstallError(Exception):
    """Install cannot be done; the text is what the user reads."""


@dataclass
class Instructions:
    """What to make, in order; ``created`` are folders that do not exist yet."""

    created: list[Path] = field(default_factory=list)
    copies: dict[Path, Path] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)
    permissions: dict[Path, dict[str, Any]] = field(default_factory=dict)


def clean(listing: Path) -> None:
    """Remove what the listing names, last first; folders only when they are empty."""
    if not listing.exists():
        return
    whole = listing.read_text().split("\n")[:-1]
    for line in reversed(whole):
        path = Path(line)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    listing.unlink()


def plan(archive: Path, spec: dict[str, Any], *, behavior: str) -> Instructions:
    """Everything that Install will do. Raises ``InstallError`` before anything is done."""
    found = Instructions()
    for entry in spec["files"]:
        source = archive / entry["source"].strip("/")
        destination = Path(os.path.normpath(entry["destination"]))
        if source.is_dir():
            _folder(found, source, destination, behavior, (os.path.realpath(source),))
        elif source.exists() or source.is_symlink():
            _parents(found, destination)
            _file(found, source, destination / source.name, behavior)
        else:
            raise InstallError(f"The revision has no {entry['source']!r}, which 'files' names.")
    for entry in spec["permissions"]:
        _permit(found, entry)
    return found


def _parents(found: Instructions, folder: Path) -> None:
    """Make ``folder`` and whatever above it is missing, outermost first."""
    missing = []
    while not folder.exists() and folder not in found.folders:
        if folder in found.copies or folder.is_symlink():
            raise InstallError(f"{folder} is wanted as a file and as a folder.")
        missing.append(folder)
        folder = folder.parent
    if folder.exists() and not folder.is_dir():
        raise InstallError(f"{folder} is wanted as a folder, but a file stands there.")
    for path in reversed(missing):
        found.created.append(path)
        found.folders.add(path)


def _folder(
    found: Instructions, source: Path, destination: Path, behavior: str, above: tuple[str, ...]
) -> None:
    if destination in found.copies:
        raise InstallError(f"{destination} is wanted as a file and as a folder.")
    _parents(found, destination)
    for item in sorted(source.iterdir()):
        place = destination / item.name
        real = os.path.realpath(item)
        if item.is_dir() and real in above:
            raise InstallError(
                f"The symbolic link {item.name!r} of the revision leads back to its own folder."
            )
        if item.is_dir():
            _folder(found, item, place, behavior, (*above, real))
        else:
            _file(found, item, place, behavior)


def _file(found: Instructions, source: Path, place: Path, behavior: str) -> None:
    if place in found.copies:
        raise InstallError(f"Two files of the revision are to be copied to {place}.")
    if place in found.folders or (place.is_dir() and not place.is_symlink()):
        raise InstallError(f"{place} is wanted as a file, but it is a folder.")
    if place.exists() or place.is_symlink():
        if behavior == "DISALLOW":
            raise InstallError(
                f"The deployment failed because a specified file already exists at this location: {place}"
            )
        if behavior == "RETAIN":
            return
    found.copies[place] = source


def _permit(found: Instructions, entry: dict[str, Any]) -> None:
    """Give the entry to the copied files and new folders that it matches."""
    wanted = Path(os.path.normpath(entry["object"]))
    for path in _matching(found, wanted, entry):
        if path in found.permissions:
            raise InstallError(f"The permissions of {path} are specified more than once.")
        found.permissions[path] = entry


def _matching(found: Instructions, wanted: Path, entry: dict[str, Any]) -> Iterator[Path]:
    if wanted in found.copies:
        if entry["pattern"] != "**" or entry["except"]:
            raise InstallError(f"{wanted} is a file: its permissions take no pattern and no except.")
        if "file" in entry["type"]:
            yield wanted
        return
    kinds = [("file", sorted(found.copies)), ("directory", found.created)]
    for kind, paths in kinds:
        for path in paths if kind in entry["type"] else ():
            if wanted in path.parents and _selected(path, wanted, entry):
                yield path


def _selected(path: Path, wanted: Path, entry: dict[str, Any]) -> bool:
    """Patterns, and each exception, look at direct children only; ``**`` at everything."""
    name = str(path.relative_to(wanted))
    if any(_glob(pattern, name) for pattern in entry["except"]):
        return False
    return entry["pattern"] == "**" or _glob(entry["pattern"], name)


def _glob(pattern: str, name: str) -> bool:
    if "/" in name:
        return False
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), name) is not None


def apply(found: Instructions, listing: Path) -> int:
    """Carry the instructions out, noting each path for the next ``clean``; how many files were copied."""
    with listing.open("w") as notes:
        for folder in found.created:
            folder.mkdir()
            _note(notes, folder)
        for place, source in found.copies.items():
            _note(notes, place)
            _copy(source, place)
    for path, entry in found.permissions.items():
        _set(path, entry)
    return len(found.copies)


def _note(notes: Any, path: Path) -> None:
    notes.write(f"{path}\n")
    notes.flush()


def _copy(source: Path, place: Path) -> None:
    """Copy aside and rename, so that a program that runs from the old file goes on."""
    aside = place.with_name(f".{place.name}.devopsweb-new")
    aside.unlink(missing_ok=True)
    if source.is_symlink():
        os.symlink(os.readlink(source), aside)
    else:
        shutil.copy2(source, aside)
        if os.geteuid() == 0:
            facts = source.stat()
            os.chown(aside, facts.st_uid, facts.st_gid)
    os.replace(aside, place)


def _set(path: Path, entry: dict[str, Any]) -> None:
    """Mode first, then owner and group, as the CodeDeploy agent does."""
    try:
        if entry["mode"] and not path.is_symlink():
            path.chmod(int(entry["mode"], 8))
        user = pwd.getpwnam(entry["owner"]).pw_uid if entry["owner"] else -1
        group = grp.getgrnam(entry["group"]).gr_gid if entry["group"] else -1
        if (user, group) != (-1, -1):
            os.chown(path, user, group, follow_symlinks=False)
    except KeyError as error:
        raise InstallError(f"The permissions of {path} name an unknown account: {error.args[0]}") from None
    except OSError as error:
        raise InstallError(f"The permissions of {path} cannot be set: {error.strerror}.") from None
