"""A git process that serves one request: own process group, fed and read without blocking."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from repos.git.adapters import process
from repos.git.smart_http.pipes import Reader, Writer

IDLE_SECONDS = 600


class GitProcess:
    """``git <service> --stateless-rpc`` of one request."""

    def __init__(self, running: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
        self._running = running
        self._errors = errors
        self._stdin = running.stdin
        self._writer = Writer(running.stdin.fileno()) if running.stdin else None
        self._reader = Reader(running.stdout.fileno()) if running.stdout else None

    async def feed(self, data: bytes) -> None:
        """Hand ``data`` to git, no faster than it reads; nothing happens when it listens no more."""
        if self._writer is None:
            return
        try:
            await self._writer.write(data)
        except BrokenPipeError:
            self._writer = None

    def end_of_input(self) -> None:
        """Git gets to know that nothing more comes."""
        self._writer = None
        if self._stdin is not None:
            self._stdin.close()

    async def output(self) -> AsyncIterator[bytes]:
        """Git's answer as it comes. Raises ``TimeoutError`` when git is silent for too long."""
        while self._reader is not None:
            async with asyncio.timeout(IDLE_SECONDS):
                piece = await self._reader.read()
            if not piece:
                return
            yield piece

    async def wait(self) -> int:
        """The exit code."""
        code = self._running.poll()
        return code if code is not None else await asyncio.to_thread(self._running.wait)

    def complaints(self) -> str:
        """The beginning of what git wrote to its standard error."""
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Signal git and all that it started."""
        if self._running.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, how)

    async def end(self, *, patience: float) -> None:
        """Let git end by itself for ``patience`` seconds, then make it."""
        self.end_of_input()
        for how, seconds in ((None, patience), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            if how is not None:
                self.kill(how)
            if await self._ends_within(seconds):
                return

    async def _ends_within(self, seconds: float) -> bool:
        """Whether git ends in time; its last words are read and dropped, lest it waits for a reader."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in self.output():
                    pass
                await self.wait()
        return self._running.poll() is not None

    def close(self) -> None:
        """Let go of the pipes."""
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                pipe.close()


@asynccontextmanager
async def serving(
    directory: Path,
    command: str,
    *,
    advertise: bool,
    protocol: str,
    settings: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[GitProcess]:
    """The process; whatever happens, none of it is left when the block ends.

    ``settings`` are git's own options (``-c name=value``), ``variables`` are added to its environment.
    """
    options = ["--stateless-rpc", *(["--advertise-refs"] if advertise else [])]
    extra = {"GIT_PROTOCOL": protocol} if protocol else {}
    extra |= variables or {}
    with tempfile.TemporaryFile(buffering=0) as errors:
        # Starting it here and not in a thread: with vfork this takes a millisecond.
        running = subprocess.Popen(
            ["git", *settings, command, *options, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=process.environment(**extra),
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        git = GitProcess(running, errors)
        try:
            yield git
        finally:
            await asyncio.shield(_put_down(git, command))


async def _put_down(git: GitProcess, command: str) -> None:
    """End what still runs. A push gets the chance to remove its locks, a fetch has none."""
    try:
        if command == "receive-pack":
            await git.end(patience=0)
        git.kill()
        await git.wait()
    finally:
        git.close()
