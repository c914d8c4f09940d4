"""What a sandboxed program is given, and what this machine can enforce."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devopsweb.kernel.errors import Fault


class SandboxUnavailable(Fault):
    """This machine offers no way to run the program as asked."""


@dataclass(frozen=True)
class Mount:
    """A file or folder of the host, shown at the absolute path ``target`` inside."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Spec:
    """Everything that a program sees; what is not listed here does not exist for it.

    System folders (``/usr`` and what belongs to it) are always there, read-only; ``/tmp``,
    ``/run`` and ``HOME`` (``/root``) are private, empty and writable unless mounted over.
    Limits of None are not set. ``memory_bytes`` bounds each process's writable memory.
    """

    mounts: tuple[Mount, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    hostname: str = "build"
    network: bool = True
    memory_bytes: int | None = None
    processes: int | None = None
    open_files: int | None = None
    tmp_bytes: int | None = None


@dataclass(frozen=True)
class Capability:
    """How programs are isolated here.

    ``kind`` is ``bwrap``, ``unshare`` or ``plain``; ``isolation`` says it in one sentence;
    ``warnings`` name in plain words what this machine cannot isolate.
    """

    kind: str
    isolation: str
    warnings: tuple[str, ...] = ()
