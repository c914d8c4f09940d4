"""A tiny init for a local instance: keeps the agent running, buries orphans, ends what is left.

Applications are not the agent's children but adopted orphans: an agent that is killed takes
none of them along, and starts again beside them. When standard input closes, or on TERM,
everything below is asked to end, and two seconds later the instance is over.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
QUICK = 10.0
MAX_PAUSE = 10.0
GRACE = 2.0
# The agent's own exit codes after which starting it again is useless.
FINAL = frozenset({3, 4})


class Ending(Exception):
    """The instance is to end."""


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def keep(first: list[str], again: list[str]) -> int:
    """Run the agent until told to end; ``first`` is its command on boot, ``again`` after a crash."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    threading.Thread(target=_watch_input, daemon=True).start()
    command, pause = first, 0.5
    try:
        while True:
            began = time.monotonic()
            code = _run(command)
            if code in FINAL:
                return code
            pause = 0.5 if time.monotonic() - began > QUICK else min(pause * 2, MAX_PAUSE)
            sys.stderr.write(f"The agent ended with {code}; starting it again.\n")
            time.sleep(pause)
            command = again
    except Ending:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _end_all()


def _end(*_: object) -> None:
    raise Ending


def _watch_input() -> None:
    """The keeper holds the other end: it closes when the keeper stops this instance, or dies."""
    try:
        while os.read(0, 1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _run(command: list[str]) -> int:
    """Run the agent, burying whoever else ends meanwhile; its exit code."""
    child = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
    )
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _below() -> list[int]:
    """Every process that descends from this one."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            parents.setdefault(parent, []).append(int(entry))
    found, waiting = [], [os.getpid()]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _end_all() -> None:
    """Ask everything below to end, wait a little, bury it."""
    deadline = time.monotonic() + GRACE
    asked = set()
    while time.monotonic() < deadline:
        for pid in _below():
            if pid not in asked:
                asked.add(pid)
                try:
                    os.kill(pid, signal.SIGTERM)
                except OSError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.05)
