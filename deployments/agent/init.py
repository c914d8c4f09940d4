"""A tiny init for a local instance: keeps the agent running, buries orphans, ends on TERM.

Applications are not its children but adopted orphans: an agent that is killed takes none of
them along, and starts again beside them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
QUICK = 10.0
MAX_PAUSE = 10.0
# The agent's own exit codes after which starting it again is useless.
FINAL = frozenset({3, 4})


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def keep(first: list[str], again: list[str]) -> int:
    """Run the agent until TERM; ``first`` is its command on boot, ``again`` after a crash."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        raise InterruptedError

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    command, pause = first, 0.5
    while not stopping:
        began = time.monotonic()
        code = 0
        try:
            child = os.posix_spawn(command[0], command, os.environ)
            code = _wait_for(child)
            if code in FINAL:
                return code
            pause = 0.5 if time.monotonic() - began > QUICK else min(pause * 2, MAX_PAUSE)
            sys.stderr.write(f"The agent ended with {code}; starting it again.\n")
            time.sleep(pause)
        except InterruptedError:
            break
        command = again
    return 0


def _wait_for(child: int) -> int:
    """Bury whoever ends, until the agent does; its exit code."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)
