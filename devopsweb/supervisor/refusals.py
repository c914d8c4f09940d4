"""What can stand in the way of a start, each as one sentence that says how to mend it."""

import fcntl
import os
import shutil
import socket
import ssl
import sys
from pathlib import Path
from typing import IO

OLDEST_PYTHON = (3, 11)


class Refusal(Exception):
    """The installation cannot start; the text is one sentence for the operator."""


def check_python() -> None:
    """Refuse an interpreter that is too old."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise Refusal(f"DevOpsWeb needs Python 3.11 or newer; this is Python {found} ({sys.executable}).")


def check_git() -> None:
    """Refuse a machine without git."""
    if shutil.which("git") is None:
        raise Refusal("DevOpsWeb needs git; install it (for example: apt-get install git) and try again.")


def prepare_home(home: Path) -> None:
    """Make the state folder and its parts, or refuse."""
    try:
        for folder in (home, home / "run", home / "logs", home / "redis"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / "run" / f".probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Refusal(
            f"The state folder {home} is not writable ({error.strerror}); "
            "name another one with DEVOPSWEB_HOME or mend its permissions."
        ) from None


def lock_home(home: Path) -> IO[str]:
    """Hold the state folder for this process alone; the lock falls with the returned file."""
    lock = (home / "run" / "supervisor.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise Refusal(
            f"DevOpsWeb already runs in {home} (process {owner}); stop it first or name another folder "
            "with DEVOPSWEB_HOME."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def port_of(text: str) -> int:
    """``PORT`` as a number, or refuse."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def check_tls(certificate: str, key: str, base_url: str) -> None:
    """Refuse a certificate that the web server could not use. Both names may be empty: no TLS."""
    if not certificate and not key:
        return
    if not certificate or not key:
        raise Refusal("DEVOPSWEB_TLS_CERTIFICATE and DEVOPSWEB_TLS_KEY go together; one of them is not set.")
    if not base_url.startswith("https://"):
        raise Refusal(
            f"DEVOPSWEB_BASE_URL is {base_url}; with a TLS certificate it must begin with https://."
        )
    for name, path in (("DEVOPSWEB_TLS_CERTIFICATE", certificate), ("DEVOPSWEB_TLS_KEY", key)):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise Refusal(f"{name} names {path}, which cannot be read ({error.strerror}).") from None
    check_pair(certificate, key)


def check_pair(certificate: str, key: str) -> None:
    """Refuse files that are no certificate with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password: OpenSSL would else ask for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        reason = (
            "the key belongs to another certificate"
            if error.reason == "KEY_VALUES_MISMATCH"
            else "a file is not PEM or is damaged, or the key is encrypted"
        )
        raise Refusal(
            f"The TLS certificate {certificate} with the key {key} is of no use: {reason}."
        ) from None


def listen(host: str, port: int) -> socket.socket:
    """The web server's socket. The supervisor holds it, so that connections wait while the web restarts."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise Refusal(f"HOST is {host!r}, which is no address of this machine; try 127.0.0.1.") from None
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Refusal(
            f"Port {port} on {host} cannot be opened ({error.strerror}); name another one, "
            f"for example: make run PORT={port + 1 if port < 65535 else 8000}."
        ) from None
    return listener
