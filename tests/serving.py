"""A web server of its own process over the test's database, which a test may kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """The test database, as ``DATABASE_URL`` spells it."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{quote(str(chosen['NAME']))}"
    user, password, host = (quote(str(chosen[key] or ""), safe="") for key in ("USER", "PASSWORD", "HOST"))
    return f"postgresql://{user}:{password}@/{chosen['NAME']}?host={host}&port={chosen['PORT']}"


class WebServer:
    """uvicorn on a fixed port; ``kill`` is SIGKILL, ``start`` begins again on the same port."""

    def __init__(self, home: Path, redis_url: str) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            "DEVOPSWEB_HOME": str(home),
            "DEVOPSWEB_SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis_url,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "devopsweb.asgi:application", "--port", str(self.port)]
        options = ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "1"]
        self._process = subprocess.Popen([*command, *options], cwd=ROOT, env=self._environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urlopen(f"{self.url}/static/tokens.css", timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    break
        raise AssertionError("the web server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
