"""The sandbox by bubblewrap: its own user, process, IPC, host name and mount namespaces."""

from collections.abc import Iterator, Sequence

from devopsweb.sandbox import view
from devopsweb.sandbox.types import Mount, Spec


def argv(binary: str, program: Sequence[str], spec: Spec) -> list[str]:
    """The command line that runs ``program`` as ``spec`` says."""
    return [binary, *_namespaces(spec), *_files(spec), "--", *program]


def _namespaces(spec: Spec) -> Iterator[str]:
    yield from ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts")
    yield from ("--uid", "0", "--gid", "0", "--unshare-cgroup-try", "--hostname", spec.hostname)
    if not spec.network:
        yield "--unshare-net"
    # The tree dies with the thread that started it, and cannot type into our terminal.
    yield from ("--die-with-parent", "--new-session")


def _files(spec: Spec) -> Iterator[str]:
    yield from ("--tmpfs", "/")
    for mount in view.system_mounts():
        yield from _bind(mount)
    for target, path in view.system_links():
        yield from ("--symlink", target, path)
    yield from ("--proc", "/proc", "--dev", "/dev")
    if spec.tmp_bytes:
        yield from ("--size", str(spec.tmp_bytes))
    yield from ("--tmpfs", "/tmp", "--tmpfs", "/run", "--dir", "/run/lock", "--dir", "/var")  # noqa: S108  empty, inside
    yield from ("--dir", "/var/tmp", "--dir", "/root")  # noqa: S108  empty, inside
    for mount in (*spec.mounts, *view.toolchain_mounts()):
        yield from _bind(mount)
    yield from ("--chdir", spec.workdir)


def _bind(mount: Mount) -> tuple[str, str, str]:
    return ("--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target)
