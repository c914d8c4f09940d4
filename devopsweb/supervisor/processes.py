"""Child processes: forked or executed, each in a session of its own that dies with the supervisor."""

import contextlib
import ctypes
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
ROTATE_AT = 20 * 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Make this process the parent of every orphan among its descendants, so that none is lost."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(argv: Sequence[str], log: Path) -> int:
    """Start a program; returns its process id."""
    supervisor = os.getpid()
    rotate(log)
    with log.open("ab") as out:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=lambda: _own_life(supervisor)
        )
    # The supervisor reaps every child itself; Popen must not try again at its own end.
    process.returncode = 0
    return process.pid


def fork(name: str, body: Callable[[], None], log: Path, close: Sequence[int] = ()) -> int:
    """Run ``body`` in a fork of this process; returns its process id."""
    supervisor = os.getpid()
    rotate(log)
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()
    pid = os.fork()
    if pid:
        gc.unfreeze()
        return pid
    status = 1
    try:
        _own_life(supervisor)
        _libc.prctl(PR_SET_NAME, f"dw-{name}".encode()[:15], 0, 0, 0)
        for descriptor in close:
            os.close(descriptor)
        _write_to(log)
        body()
        status = 0
    except SystemExit as leave:
        status = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:  # noqa: BLE001  a fork must never return into its parent's stack
        traceback.print_exc()
    finally:
        # A full disk or a closed stream must not keep the fork alive; it has nowhere left to say so.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _own_life(supervisor: int) -> None:
    os.setsid()
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    for number in WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    # The supervisor may have died before the line that binds us to it.
    if os.getppid() != supervisor:
        os._exit(1)


def _write_to(log: Path) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.close(nothing)


def rotate(log: Path) -> None:
    """Keep one older log of ``ROTATE_AT`` bytes beside the present one."""
    if log.exists() and log.stat().st_size > ROTATE_AT:
        log.replace(log.with_suffix(".log.1"))


def trim(log: Path) -> None:
    """Rotate a log that a running process holds open: copied, then cut (it appends)."""
    if log.exists() and log.stat().st_size > ROTATE_AT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def reap() -> Iterator[tuple[int, int]]:
    """Process id and exit code (negative: signal) of every child, ours or adopted, that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child and everything in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def kill(pid: int) -> None:
    """End one process at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def offspring() -> list[int]:
    """Process ids of all present descendants of this process."""
    parents = dict(_parents())
    found, wave = [], {os.getpid()}
    while wave:
        wave = {pid for pid, parent in parents.items() if parent in wave}
        found += sorted(wave)
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in brackets may itself hold blanks and brackets.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    yield int(entry.name), int(fields[1])
