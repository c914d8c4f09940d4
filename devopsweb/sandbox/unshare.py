"""The sandbox without bubblewrap: util-linux's ``unshare`` and a script that lays the same view.

The script runs inside the new user and mount namespaces, builds the root on a tmpfs at
``/mnt``, moves into it with ``pivot_root``, lets the old root go, and execs the program.
"""

import shlex
import shutil
from collections.abc import Iterator, Sequence

from devopsweb.sandbox import view
from devopsweb.sandbox.types import Mount, Spec

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def argv(program: Sequence[str], spec: Spec) -> list[str]:
    """The command line that runs ``program`` as ``spec`` says."""
    network = [] if spec.network else ["--net"]
    return [
        *(_program("setpriv"), "--pdeathsig", "KILL", "--"),
        *(_program("unshare"), "--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts", *network),
        *("--fork", "--kill-child=KILL", "--"),
        *("/bin/sh", "-c", script(spec), "sandbox", *program),
    ]


def _program(name: str) -> str:
    return shutil.which(name) or f"/usr/bin/{name}"


def script(spec: Spec) -> str:
    """The shell script that lays the view; its arguments are the program."""
    size = f"size={spec.tmp_bytes}," if spec.tmp_bytes else ""
    lines = [
        "set -eu",
        "outer=${PATH-}; export PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "mount --make-rprivate / 2>/dev/null || true",
        "mount -t tmpfs -o mode=755 tmpfs /mnt",
        "cd /mnt",
        "mkdir -p proc dev tmp run/lock root var/tmp etc",
        f"mount -t tmpfs -o {size}mode=1777 tmpfs tmp",
        *_binds(view.system_mounts()),
        *(f"ln -s {shlex.quote(target)} {shlex.quote('.' + path)}" for target, path in view.system_links()),
        "mount -t proc proc proc",
        "mkdir -p dev/shm",
        *(f": > dev/{d}; mount --bind /dev/{d} dev/{d}" for d in _DEVICES),
        "ln -s /proc/self/fd dev/fd",
        "ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr",
        *_binds((*spec.mounts, *view.toolchain_mounts())),
        f"hostname {shlex.quote(spec.hostname)} 2>/dev/null || true",
        "mkdir -p .host",
        "pivot_root . .host",
        "cd /",
        "umount -l /.host",
        "rmdir /.host 2>/dev/null || true",
        f"cd {shlex.quote(spec.workdir)}",
        # The program's PATH, as given; without one it gets none.
        'if [ -n "$outer" ]; then export PATH="$outer"; else unset PATH; fi; unset outer',
        'exec /usr/bin/setsid "$@"',
    ]
    return "\n".join(lines)


def _binds(mounts: Sequence[Mount]) -> Iterator[str]:
    for mount in mounts:
        source, target = shlex.quote(str(mount.source)), shlex.quote("." + mount.target)
        if mount.source.is_dir():
            yield f"mkdir -p {target}"
        else:
            yield f'mkdir -p "$(dirname {target})"; : > {target}'
        yield f"mount --rbind {source} {target}"
        if not mount.writable:
            # The kernel locks nosuid and nodev of a foreign mount: a remount must name what is set.
            yield (
                f"mount -o remount,bind,ro {target} 2>/dev/null"
                f" || mount -o remount,bind,ro,nosuid,nodev {target} 2>/dev/null"
                f" || mount -o remount,bind,ro,nosuid,nodev,relatime {target}"
            )
