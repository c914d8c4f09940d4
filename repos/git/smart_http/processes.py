"""A git process that serves one request: own process group, fed and read without blocking."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from repos.git.adapters import process

PIECE = 1 << 18
IDLE_SECONDS = 600


class GitProcess:
    """``git <service> --stateless-rpc`` of one request."""

    def __init__(self, running: asyncio.subprocess.Process, errors: IO[bytes]) -> None:
        self._running = running
        self._errors = errors
        self.feeding = True

    async def feed(self, data: bytes) -> None:
        """Hand ``data`` to git, no faster than it reads; nothing happens when it listens no more."""
        stdin = self._running.stdin
        if stdin is None or not self.feeding:
            return
        try:
            stdin.write(data)
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            self.feeding = False

    def end_of_input(self) -> None:
        """Git gets to know that nothing more comes."""
        self.feeding = False
        if self._running.stdin is not None:
            self._running.stdin.close()

    async def output(self) -> AsyncIterator[bytes]:
        """Git's answer as it comes. Raises ``TimeoutError`` when git is silent for too long."""
        stdout = self._running.stdout
        while stdout is not None:
            async with asyncio.timeout(IDLE_SECONDS):
                piece = await stdout.read(PIECE)
            if not piece:
                return
            yield piece

    async def wait(self) -> int:
        """The exit code."""
        return await self._running.wait()

    def complaints(self) -> str:
        """The beginning of what git wrote to its standard error."""
        self._errors.seek(0)
        return bytes(self._errors.read(4000)).decode(errors="replace").strip()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Signal git and all that it started."""
        if self._running.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, how)

    async def end(self, *, patience: float) -> None:
        """Let git end by itself for ``patience`` seconds, then make it."""
        self.end_of_input()
        for how in (None, signal.SIGTERM, signal.SIGKILL):
            if how is not None:
                self.kill(how)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience if how is None else 5):
                    await self._running.wait()
                    return


@asynccontextmanager
async def serving(
    directory: Path, command: str, *, advertise: bool, protocol: str
) -> AsyncIterator[GitProcess]:
    """The process; whatever happens, none of it is left when the block ends."""
    arguments = [
        "git",
        command,
        "--stateless-rpc",
        *(["--advertise-refs"] if advertise else []),
        str(directory),
    ]
    extra = {"GIT_PROTOCOL": protocol} if protocol else {}
    with tempfile.TemporaryFile() as errors:
        running = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=process.environment(**extra),
            cwd="/",
            start_new_session=True,
            limit=PIECE,
        )
        git = GitProcess(running, errors)
        try:
            yield git
        finally:
            await asyncio.shield(_put_down(git, command))


async def _put_down(git: GitProcess, command: str) -> None:
    """End what still runs. A push gets the chance to remove its locks, a fetch has none."""
    if command == "receive-pack":
        await git.end(patience=0)
    git.kill()
    await git.wait()
