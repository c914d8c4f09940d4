"""A real server on a real port, and real agent processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.db import connections

from deployments import streams
from deployments.compute.actions import instances
from deployments.compute.adapters import pyz
from deployments.compute.models import Instance
from devopsweb.asgi import application
from monitoring.logs.adapters import bell


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell.RedisBell, "ring", lambda self, stream, total: None)
    # The in-memory channel layer does not wake other threads: look oftener instead.
    monkeypatch.setattr(streams, "LOOK_EACH", 0.05)


def eventually(check: Callable[[], Any], *, within: float = 60) -> Any:
    """The first true value of ``check``; fails with the last value that it saw."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {within} s"
        pause.wait(0.05)


class Server:
    """The product's ASGI application under uvicorn in a thread; can be stopped and started again."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        config = uvicorn.Config(
            application, port=self.port, log_level="error", lifespan="off", ws="none", loop="asyncio"
        )
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.uvicorn.run, daemon=True)
        self.thread.start()
        eventually(lambda: self.uvicorn.started)
        self.port = self.uvicorn.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.uvicorn.should_exit = self.uvicorn.force_exit = True
        self.thread.join(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server(transactional_db, settings) -> Iterator[Server]:
    """A running server."""
    old = connections.settings["default"]["CONN_MAX_AGE"]
    # Each call closes its connection: none outlives its thread.
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    running = Server()
    settings.DEVOPSWEB_BASE_URL = running.url
    yield running
    running.stop()
    connections.settings["default"]["CONN_MAX_AGE"] = old


class Host:
    """One host: its files, its agent process."""

    def __init__(self, instance: Instance, folder: Path, server: Server) -> None:
        self.instance = instance
        self.folder = folder
        self.root = folder / "root"
        self.program = folder / "agent.pyz"
        self.program.write_bytes(pyz.build().data)
        self.config = folder / "config.json"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "agent.log"
        settings = {
            "server": server.url,
            "token": instances.issue_token(instance),
            "name": instance.name,
            "root": str(self.root),
            "environment": {"PORT": "9001", "HOST_FILES": str(folder)},
        }
        self.config.write_text(json.dumps(settings))

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(self.program), "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"]},
            )
        before = self.instance.generation
        eventually(lambda: self.fresh().generation > before)

    def fresh(self) -> Instance:
        self.instance.refresh_from_db()
        return self.instance

    def end(self, number: int = signal.SIGKILL) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)


@pytest.fixture
def host(server: Server, tmp_path: Path) -> Iterator[Callable[[str], Host]]:
    """Makes hosts whose agents run until the test is over."""
    made: list[Host] = []

    def make(instance: Instance) -> Host:
        folder = tmp_path / instance.name
        folder.mkdir()
        made.append(Host(instance, folder, server))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.end()
