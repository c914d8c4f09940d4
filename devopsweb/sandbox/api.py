"""Runs a program with a view of the system that holds only what it was given.

The program, its whole tree and its namespaces die with the *thread* that starts it (the
kernel ties the death signal to the thread): the thread that calls ``popen`` must be the one
that waits.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from devopsweb import env
from devopsweb.sandbox import bubblewrap, unshare, view
from devopsweb.sandbox.types import Capability, Mount, SandboxUnavailable, Spec

__all__ = [
    "Capability",
    "Mount",
    "SandboxUnavailable",
    "Spec",
    "capability",
    "command",
    "popen",
    "python_home",
    "search_path",
]

python_home = view.python_home
search_path = view.search_path


def popen(argv: Sequence[str], spec: Spec, **options: Any) -> subprocess.Popen[bytes]:
    """Start ``argv`` as ``spec`` says; ``options`` are ``subprocess.Popen``'s.

    The environment goes to the process as such and never through an argument list, which any
    local user could read. Raises ``SandboxUnavailable`` where no namespaces can be made.
    """
    return subprocess.Popen(command(argv, spec), env=dict(spec.env), **options)


def command(argv: Sequence[str], spec: Spec) -> list[str]:
    """The argument list behind ``popen``; it expects ``spec.env`` as the whole environment."""
    kind = capability().kind
    if kind == "bwrap":
        return [*_limits(spec), *bubblewrap.argv(_bwrap(), argv, spec)]
    if kind == "unshare":
        return [*_limits(spec), *unshare.argv(argv, spec)]
    raise SandboxUnavailable(
        "This machine lets nobody make namespaces, so builds and local instances could read the "
        "server's files. Install bubblewrap, or allow unprivileged user namespaces "
        "(sysctl kernel.unprivileged_userns_clone=1)."
    )


@lru_cache
def capability() -> Capability:
    """How programs are isolated on this machine, tried once by running ``true``."""
    common = (
        "Memory is bounded per process, not per build: no control group is delegated to us.",
        "Programs with network access reach every port of this machine, those of databases included.",
        *_as_root(),
    )
    if _bwrap() and _works(bubblewrap.argv(_bwrap(), ["/bin/true"], Spec())):
        sentence = "Bubblewrap: own users, processes, files, IPC and host name; system folders read-only."
        return Capability("bwrap", sentence, common)
    if shutil.which("unshare") and _works(unshare.argv(["/bin/true"], Spec())):
        sentence = "Kernel namespaces by unshare: own users, processes, files, IPC and host name."
        return Capability("unshare", sentence, ("Bubblewrap is not installed.", *common))
    return Capability(
        "plain",
        "No isolation is possible, so builds and local instances are refused.",
        ("Install bubblewrap, or allow unprivileged user namespaces.",),
    )


def _as_root() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    return (
        "The server runs as root, and so do its builds, confined: run it as an ordinary user if you can.",
    )


def _bwrap() -> str:
    return env.text("DEVOPSWEB_BWRAP") or shutil.which("bwrap") or ""


def _works(argv: list[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, timeout=10, check=False, env={}).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _limits(spec: Spec) -> list[str]:
    limits = {"data": spec.memory_bytes, "nproc": spec.processes, "nofile": spec.open_files}
    options = [f"--{name}={value}" for name, value in limits.items() if value is not None]
    return [shutil.which("prlimit") or "/usr/bin/prlimit", *options, "--"] if options else []
