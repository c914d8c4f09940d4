"""The watch: starts children that are due, notices deaths, and at the end stops every process."""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from devopsweb import health
from devopsweb.supervisor import processes
from devopsweb.supervisor.children import REDIS, Child
from devopsweb.supervisor.engine import restarts
from devopsweb.supervisor.engine.restarts import Life

STOP_GRACE = 5.0
REDIS_GRACE = 2.0
TICK = 0.5


class Stopped(Exception):
    """The operator asked for the end."""


class Watch:
    """Keeps ``children`` alive until a signal ends it."""

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self.home = home
        self.say = say
        self.children: dict[str, Child] = {}
        self.lives: dict[str, Life] = {}
        self.pids: dict[str, int] = {}
        self._next_pulse = 0.0
        self._next_trim = 0.0

    def add(self, children: Sequence[Child]) -> None:
        """Take ``children`` into care and start them."""
        for child in children:
            self.children[child.name] = child
            self.lives[child.name] = Life()
        self._start_due()

    def once(self, longest: float = TICK) -> None:
        """Wait for something to happen, at most ``longest`` seconds, and answer it; may raise Stopped."""
        wait = restarts.next_wake(self.lives, time.monotonic(), longest)
        received = signal.sigtimedwait(processes.WATCHED, wait)
        if received is not None and received.si_signo != signal.SIGCHLD:
            raise Stopped
        self._note_deaths()
        self._start_due()
        self._upkeep()

    def wait_for(self, pid: int) -> int:
        """Watch until the process ``pid``, which is no kept child, has ended; its exit code."""
        while True:
            received = signal.sigtimedwait(processes.WATCHED, TICK)
            if received is not None and received.si_signo != signal.SIGCHLD:
                raise Stopped
            for ended, code in self._deaths():
                if ended == pid:
                    return code
            self._start_due()
            self._upkeep()

    def _deaths(self) -> list[tuple[int, int]]:
        others = []
        names = {pid: name for name, pid in self.pids.items()}
        for pid, code in processes.reap():
            if name := names.get(pid):
                self._died(name, pid, code)
            else:
                others.append((pid, code))
        return others

    def _note_deaths(self) -> None:
        self._deaths()

    def _died(self, name: str, pid: int, code: int) -> None:
        del self.pids[name]
        processes.signal_group(pid, signal.SIGKILL)
        self.lives[name] = restarts.died(self.lives[name], time.monotonic())
        wait = self.lives[name].due_at - time.monotonic()
        reason = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self.say(f"{name} {reason}; it starts again in {max(wait, 0):.1f} s (see {self.children[name].log})")
        if name != REDIS:
            health.forget(self.children[name].pulse or name)

    def _start_due(self) -> None:
        due = restarts.due(self.lives, time.monotonic())
        for name in due:
            self.pids[name] = self.children[name].start()
            self.lives[name] = restarts.started(self.lives[name], time.monotonic())
        if due:
            self._write_status()

    def _write_status(self) -> None:
        draft = self.home / "run" / ".children.json"
        draft.write_text(json.dumps({"supervisor": os.getpid(), **self.pids}))
        draft.replace(self.home / "run" / "children.json")

    def _upkeep(self) -> None:
        now = time.monotonic()
        if now >= self._next_pulse:
            self._next_pulse = now + health.PULSE_EVERY
            for name in self.pids:
                if pulse := self.children[name].pulse:
                    health.pulse(pulse)
        if now >= self._next_trim:
            self._next_trim = now + 60
            for child in self.children.values():
                processes.trim(child.log)

    def stop(self) -> None:
        """End every child, Redis last, then whatever they left behind."""
        others = [name for name in self.pids if name != REDIS]
        self._end(others, STOP_GRACE)
        self._end([name for name in self.pids if name == REDIS], REDIS_GRACE)
        while left := processes.offspring():
            for pid in left:
                processes.kill(pid)
            self._drain(0.2)
        (self.home / "run" / "children.json").unlink(missing_ok=True)

    def _end(self, names: Sequence[str], grace: float) -> None:
        pids = {self.pids[name] for name in names}
        for pid in pids:
            processes.signal_group(pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while pids and (left := deadline - time.monotonic()) > 0:
            pids -= self._drain(min(left, TICK))
        for pid in pids:
            processes.signal_group(pid, signal.SIGKILL)

    @staticmethod
    def _drain(wait: float) -> set[int]:
        signal.sigtimedwait({signal.SIGCHLD}, wait)
        return {pid for pid, _ in processes.reap()}
