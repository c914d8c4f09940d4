"""Runs one hook script: its output line by line, its time, and the end of its whole tree."""

from __future__ import annotations

import errno
import os
import pwd
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

MARKER = "DEVOPSWEB_COMMAND"
TERM_GRACE = 3.0
HALF_LINE = 1.0
MAX_HALF = 64 << 10


@dataclass
class Result:
    """How a script ended; ``code`` is CodeDeploy's word, ``message`` its sentence."""

    code: str = "Success"
    message: str = ""


class Lines:
    """Turns the bytes of one pipe into lines; half a line waits a second at most."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self.emit = emit
        self.half = b""
        self.since = 0.0

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        *whole, self.half = (self.half + data).split(b"\n")
        for line in whole:
            self._say(line)
        self.since = time.monotonic()
        if len(self.half) > MAX_HALF:
            self.flush()

    def tick(self) -> None:
        """Let go of a half line that has waited long enough."""
        if self.half and time.monotonic() - self.since > HALF_LINE:
            self.flush()

    def flush(self) -> None:
        """Let go of what is left."""
        if self.half:
            self._say(self.half)
            self.half = b""

    def _say(self, line: bytes) -> None:
        self.emit(line.rstrip(b"\r").decode("utf-8", "replace"))


def command_line(path: str, script: dict[str, Any]) -> list[str]:
    """The script's command; another user's by ``su``, which only root may."""
    user = script["runas"]
    if user and user != pwd.getpwuid(os.geteuid()).pw_name:
        return ["su", user, "-c", path]
    return ["sudo", "-n", path] if script["sudo"] and os.geteuid() != 0 else [path]


def run(
    script: dict[str, Any],
    archive: Path,
    *,
    environment: dict[str, str],
    marker: str,
    folder: str,
    emit: Callable[[str, str], None],
    cancelled: threading.Event,
) -> Result:
    """Run ``script`` of ``archive``; ``emit(text, stream)`` gets its lines."""
    location, path = script["location"], archive / script["location"]
    if not path.is_file():
        return Result("ScriptMissing", f"Script does not exist at specified location: {path}")
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError:
            return Result(
                "ScriptNotExecutable", f"Unable to set script at specified location: {location} as executable"
            )
    try:
        process = _start(command_line(str(path), script), {**environment, MARKER: marker}, folder)
    except OSError as error:
        return Result(
            "ScriptFailed", f"Script at specified location: {location} cannot be run: {error.strerror}."
        )
    try:
        return _watch(process, script, marker=marker, emit=emit, cancelled=cancelled)
    finally:
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _start(command: list[str], environment: dict[str, str], folder: str) -> subprocess.Popen[bytes]:
    def begin(argv: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )

    try:
        return begin(command)
    except OSError as error:
        # A script without "#!" is the shell's, as in every shell.
        if error.errno != errno.ENOEXEC:
            raise
        return begin(["/bin/sh", *command])


def _watch(
    process: subprocess.Popen[bytes],
    script: dict[str, Any],
    *,
    marker: str,
    emit: Callable[[str, str], None],
    cancelled: threading.Event,
) -> Result:
    deadline = time.monotonic() + script["timeout"]
    readers = selectors.DefaultSelector()
    for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
        if pipe:
            os.set_blocking(pipe.fileno(), False)
            readers.register(pipe, selectors.EVENT_READ, Lines(partial(_to, emit, name)))
    lines = [key.data for key in readers.get_map().values()]
    open_pipes = len(lines)
    while open_pipes or process.poll() is None:
        if cancelled.is_set() or time.monotonic() >= deadline:
            break
        open_pipes -= _read(readers, min(0.2, max(deadline - time.monotonic(), 0.01)))
        for reader in lines:
            reader.tick()
    ended = process.poll() is not None
    if open_pipes or not ended:
        kill_tree(process, marker)
        _read(readers, 0)
    for reader in lines:
        reader.flush()
    readers.close()
    return _result(process, script, ended=ended, open_pipes=open_pipes, cancelled=cancelled)


def _to(emit: Callable[[str, str], None], stream: str, text: str) -> None:
    emit(text, stream)


def _read(readers: selectors.BaseSelector, patience: float) -> int:
    """Read what is there; how many pipes were closed."""
    if not readers.get_map():
        # Everything is read; only the end of the process is awaited.
        time.sleep(min(patience, 0.02))
        return 0
    closed = 0
    for key, _ in readers.select(patience):
        try:
            data = os.read(key.fd, 65536)
        except BlockingIOError:
            continue
        if data:
            key.data.feed(data)
        else:
            readers.unregister(key.fileobj)
            closed += 1
    return closed


def _result(
    process: subprocess.Popen[bytes],
    script: dict[str, Any],
    *,
    ended: bool,
    open_pipes: int,
    cancelled: threading.Event,
) -> Result:
    what = f"Script at specified location: {script['location']}"
    if cancelled.is_set() and (open_pipes or not ended):
        return Result("UnknownError", f"{what} was ended, because the server no longer waits for it")
    if not ended:
        return Result("ScriptTimedOut", f"{what} failed to complete in {script['timeout']} seconds")
    if open_pipes:
        return Result(
            "ScriptTimedOut",
            f"{what} failed to close STDOUT: a background process still holds it after "
            f"{script['timeout']} seconds. Redirect its stdin, stdout and stderr.",
        )
    if process.returncode:
        user = f" run as user {script['runas']}" if script["runas"] else ""
        return Result("ScriptFailed", f"{what}{user} failed with exit code {process.returncode}")
    return Result()


def marked(marker: str) -> list[int]:
    """Every process that carries this command's marker, whatever session it fled to."""
    wanted = f"{MARKER}={marker}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:
            continue
    return found


def kill_tree(process: subprocess.Popen[bytes] | None, marker: str) -> None:
    """End the script's group and every process it left elsewhere: first politely, then for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        targets = marked(marker)
        if process is not None:
            _signal_group(process.pid, number)
        for pid in targets:
            _signal(pid, number)
        deadline = time.monotonic() + TERM_GRACE
        while time.monotonic() < deadline:
            if (process is None or process.poll() is not None) and not marked(marker):
                return
            time.sleep(0.05)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except OSError:
        return
