"""The read-only system that every sandbox sees, worked out from the host once."""

import os
import sys
from functools import lru_cache
from pathlib import Path

from devopsweb.sandbox.types import Mount

# Of /etc only what programs need to resolve names, users and certificates: no keys, no shadow.
_ETC = (
    "alternatives",
    "ca-certificates",
    "debian_version",
    "fonts",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "java-17-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "perl",
    "pip.conf",
    "pki",
    "protocols",
    "resolv.conf",
    "services",
    "ssl",
    "timezone",
)
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@lru_cache
def system_links() -> tuple[tuple[str, str], ...]:
    """``(link target, path)`` of the folders that a merged-/usr system has as links."""
    links = []
    for name in _MERGED:
        path = Path("/") / name
        if path.is_symlink():
            links.append((os.readlink(path).lstrip("/"), str(path)))
    return tuple(links)


@lru_cache
def system_mounts() -> tuple[Mount, ...]:
    """Read-only mounts of the host's system."""
    folders = [Path("/usr"), *(Path("/") / n for n in _MERGED if not (Path("/") / n).is_symlink())]
    mounts = [Mount(folder, str(folder)) for folder in folders if folder.is_dir()]
    mounts += [Mount(path.resolve(), str(path)) for path in (Path("/etc") / n for n in _ETC) if path.exists()]
    return tuple(mounts)


def toolchain_mounts() -> tuple[Mount, ...]:
    """This Python's own installation, read-only; laid last, for it may lie below a given mount."""
    home = python_home()
    return (Mount(home, str(home)),) if home else ()


def python_home() -> Path | None:
    """The base installation of this Python when it lies outside ``/usr`` (pyenv, uv, /opt)."""
    base = Path(sys.base_prefix).resolve()
    return None if base.is_relative_to("/usr") else base


def search_path() -> str:
    """``PATH`` inside: the system's programs, then this Python's."""
    folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    if toolchain := python_home():
        folders.append(str(toolchain / "bin"))
    return ":".join(folders)
