"""Repositories, and a server for real git clients."""

import asyncio
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from django.conf import settings as django_settings
from django.db import connections

from devopsweb.iam.api import service_principal
from repos.git import api
from repos.git.adapters import objects
from repos.git.models import Repository
from repos.git.smart_http import account
from tests.repos.helpers import FILES, NOON, put


@pytest.fixture(autouse=True)
def _no_processes_left() -> Iterator[None]:
    yield
    objects.POOL.close()


@pytest.fixture
def empty(db) -> Repository:
    """A repository without a commit."""
    api.create_repository(name="empty", principal=service_principal("test"), at=NOON)
    return Repository.objects.get(name="empty")


@pytest.fixture
def shop(db) -> Repository:
    """A repository with two commits on ``main``."""
    api.create_repository(name="shop", description="Web shop", principal=service_principal("test"), at=NOON)
    put("shop", FILES, "Start shop")
    put("shop", {**FILES, "src/app.py": b"def answer():\n    return 43\n"}, "Answer 43\n\nIt was 42.")
    return Repository.objects.get(name="shop")


class Server:
    """Our ASGI application on a port of its own, in a thread, with the test's database."""

    def __init__(self) -> None:
        from devopsweb.asgi import application

        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        # Who comes before the server is up waits for it.
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(application, log_level="error", lifespan="off", ws="none", loop="asyncio")
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run, daemon=True)

        self.began = threading.Event()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.began.set()
        await self.uvicorn.serve(sockets=[self.socket])

    def __enter__(self) -> "Server":
        self.thread.start()
        assert self.began.wait(30)
        return self

    def forget_pulls(self) -> None:
        """Nobody writes into the next test that a pull of this one brought nothing."""

        async def forget() -> None:
            if answering := set(self.uvicorn.server_state.tasks):
                await asyncio.wait(answering, timeout=10)
            for key in list(account._waiting):
                while account._take(key):
                    pass

        asyncio.run_coroutine_threadsafe(forget(), self.loop).result(30)

    def __exit__(self, *exc: object) -> None:
        self.uvicorn.should_exit = True
        self.thread.join(20)
        self.socket.close()


@pytest.fixture(scope="session")
def asgi_server() -> Iterator[Server]:
    with Server() as server:
        yield server


@dataclass
class Git:
    """A git client of one user, with a home of its own."""

    port: int
    folder: Path
    user: str = "owner"
    password: str = "correct horse battery"

    def url(self, repository: str, prefix: str = "/git/") -> str:
        login = f"{self.user}:{self.password.replace(' ', '%20')}@" if self.user else ""
        return f"http://{login}127.0.0.1:{self.port}{prefix}{repository}"

    def run(
        self, *arguments: str, cwd: str | Path = ".", check: bool = True, trace: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder / cwd,
            env=self.environment(trace=trace),
            capture_output=True,
            text=True,
            timeout=90,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done

    def environment(self, *, trace: bool = False) -> dict[str, str]:
        extra = {"GIT_TRACE_CURL": "1", "GIT_TRACE_PACKET": "1"} if trace else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Dora",
            "GIT_AUTHOR_EMAIL": "dora@example.com",
            "GIT_COMMITTER_NAME": "Dora",
            "GIT_COMMITTER_EMAIL": "dora@example.com",
            "LC_ALL": "C.UTF-8",
            **extra,
        }

    def clone(self, repository: str, into: str = "work", *options: str) -> Path:
        self.run("clone", "-q", *options, self.url(repository), into)
        return self.folder / into

    def commit(self, cwd: str, path: str, content: bytes | str, message: str = "Change") -> str:
        file = self.folder / cwd / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.run("add", "-A", cwd=cwd)
        self.run("commit", "-q", "-m", message, cwd=cwd)
        return self.run("rev-parse", "HEAD", cwd=cwd).stdout.strip()


@pytest.fixture
def server(asgi_server: Server, transactional_db) -> Iterator[Server]:
    """The running server, on this test's database and folder."""
    before = connections["default"].settings_dict["CONN_MAX_AGE"]
    # The server's threads must not hold connections when the database is torn down.
    connections["default"].settings_dict["CONN_MAX_AGE"] = 0
    yield asgi_server
    asgi_server.forget_pulls()
    connections["default"].settings_dict["CONN_MAX_AGE"] = before


@pytest.fixture
def git(server: Server, tmp_path: Path, owner) -> Git:
    """A git client of the owner."""
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n[protocol]\n\tversion = 2\n")
    assert Path(django_settings.DEVOPSWEB_HOME).is_relative_to(tmp_path)
    return Git(server.port, folder)
