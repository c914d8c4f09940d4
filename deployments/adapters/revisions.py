"""Revisions: zips in ``blobs`` with an appspec at their root."""

import zipfile
from dataclasses import dataclass

from devopsweb.blobs import api as blobs
from devopsweb.kernel.errors import Invalid

NAMES = ("appspec.yml", "appspec.yaml")
MAX_BYTES = 1 << 20


class InvalidRevision(Invalid):
    """The archive is not a zip, or has no appspec."""


@dataclass(frozen=True)
class AppSpecFile:
    """The file's name and text, and the only top-level folder of the archive (``strip``), if it has one."""

    name: str
    text: str
    strip: str
    names: frozenset[str]


def appspec(digest: str) -> AppSpecFile:
    """The application specification of a revision. Raises ``InvalidRevision``, ``BlobNotFound``."""
    try:
        with zipfile.ZipFile(blobs.path(digest)) as archive:
            names = frozenset(archive.namelist())
            strip = _only_folder(names)
            for name in NAMES:
                if strip + name in names:
                    with archive.open(strip + name) as file:
                        data = file.read(MAX_BYTES + 1)
                    return AppSpecFile(name, _text(name, data), strip, names)
    except zipfile.BadZipFile:
        raise InvalidRevision("The revision is not a zip archive.") from None
    raise InvalidRevision("The revision holds no appspec.yml at its root.")


def _text(name: str, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidRevision(f"{name} is larger than 1 MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRevision(f"{name} is not UTF-8 text.") from None


def _only_folder(names: frozenset[str]) -> str:
    """``folder/`` when everything lies in one folder that holds an appspec, else nothing."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or any("/" not in name for name in names):
        return ""
    folder = f"{tops.pop()}/"
    inside = (name.removeprefix(folder) for name in names)
    return folder if any("/" not in name and "appspec" in name.lower() for name in inside) else ""
