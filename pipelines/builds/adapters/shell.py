"""The one shell of a build: commands go in by a FIFO, statuses come back by another.

Output is read until the pipe is empty when a status arrives, so the log's order is the
command's own; a background process that keeps the pipe open does not hold the phase.
"""

import os
import selectors
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from devopsweb.sandbox import api as sandbox

CONTROL = "/codebuild/control"
_TICK = 0.05
_READ = 1 << 16
# No pipe holds more: what comes after that was written after the command's end.
_PIPE = 1 << 20


class Interrupted(Exception):
    """The command was ended from outside; ``reason`` is ``stop``, ``timeout`` or ``lost``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Shell:
    """Runs commands one after another in one sandboxed shell.

    ``control`` is the folder shown inside as ``/codebuild/control``; ``sink`` gets the output.
    Starts when first used, and again when a command has ended it.
    """

    def __init__(
        self, *, control: Path, spec: sandbox.Spec, shell: str, sink: Callable[[bytes], None]
    ) -> None:
        self._control = control
        self._spec = spec
        self._shell = shell
        self._sink = sink
        self._steps = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._commands = self._results = -1
        self._selector: selectors.BaseSelector | None = None
        shutil.copyfile(str(files(__package__).joinpath("driver.sh")), control / "driver")

    def run(self, text: str, interruption: Callable[[], str]) -> int:
        """The exit status of ``text``. Raises ``Interrupted`` when ``interruption()`` says why.

        A shell that ends takes its background processes along, and the next command gets a new one.
        """
        process = self._process if self._process else self._start()
        self._steps += 1
        name = f"step-{self._steps}"
        (self._control / name).write_text(text + "\n")
        os.write(self._commands, f"{name}\n".encode())
        answer = b""
        while True:
            if reason := interruption():
                self.close()
                raise Interrupted(reason)
            answer += self._wait()
            if b"\n" in answer:
                self._drain()
                return int(answer.split(b"\n")[0])
            if process.poll() is not None:
                self._drain()
                self._forget()
                return _status(process.returncode)

    def environment(self) -> Mapping[str, str]:
        """The exported variables after the last command that ended."""
        try:
            data = (self._control / "environment").read_bytes()
        except FileNotFoundError:
            return dict(self._spec.env)
        pairs = (pair.partition(b"=") for pair in data.split(b"\0") if b"=" in pair)
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}

    def close(self) -> None:
        """Kill the shell and everything that it started."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._drain()
        self._forget()

    def _start(self) -> subprocess.Popen[bytes]:
        for name in ("commands", "results"):
            path = self._control / name
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o600)
        # Both ends are held here, so neither side ever waits for the other to open.
        self._commands = os.open(self._control / "commands", os.O_RDWR | os.O_CLOEXEC)
        self._results = os.open(self._control / "results", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        shell = ["/bin/bash", "--noprofile", "--norc"] if self._shell == "bash" else ["/bin/sh"]
        process = sandbox.popen(
            [*shell, f"{CONTROL}/driver"],
            replace(self._spec, env=self.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if process.stdout is None:
            raise RuntimeError("the shell has no output pipe")
        os.set_blocking(process.stdout.fileno(), False)
        self._process = process
        self._selector = selectors.DefaultSelector()
        self._selector.register(process.stdout.fileno(), selectors.EVENT_READ)
        self._selector.register(self._results, selectors.EVENT_READ)
        return process

    def _wait(self) -> bytes:
        if self._selector is None:
            return b""
        answer = b""
        for key, _ in self._selector.select(_TICK):
            try:
                data = os.read(key.fd, _READ)
            except BlockingIOError:
                continue
            if key.fd == self._results:
                answer += data
            elif data:
                self._sink(data)
            else:
                self._selector.unregister(key.fd)
        return answer

    def _drain(self) -> None:
        """Pass on what was written until now; a process in the background may write for ever."""
        process = self._process
        if process is None or process.stdout is None:
            return
        for _ in range(_PIPE // _READ + 1):
            try:
                data = os.read(process.stdout.fileno(), _READ)
            except BlockingIOError:
                return
            if not data:
                return
            self._sink(data)

    def _forget(self) -> None:
        if self._selector:
            self._selector.close()
        if self._process and self._process.stdout:
            self._process.stdout.close()
        for descriptor in (self._commands, self._results):
            os.close(descriptor)
        self._process = self._selector = None
        self._commands = self._results = -1


def _status(returncode: int) -> int:
    """A shell's own exit as a status; a signal counts as 128 and its number."""
    return 128 - returncode if returncode < 0 else returncode
