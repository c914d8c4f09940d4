"""A whole installation of its own for a measurement or a journey: the real supervisor in a temporary folder.

with House() as house:
    house.browser("dev").get("/pipelines/")
"""

import contextlib
import http.cookiejar
import json
import os
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def eventually(look: Callable[[], T], *, within: float = 60.0, every: float = 0.1, what: str = "") -> T:
    """The first true value of ``look``; fails with the last value it saw."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(
                f"{what or look} did not come true within {within:.0f} s; last seen: {seen!r}"
            )
        time.sleep(every)


class Browser:
    """A logged-in HTTP client with cookies and CSRF, for what needs no page."""

    def __init__(self, base: str, context: ssl.SSLContext | None = None) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), urllib.request.HTTPSHandler(context=context)
        )

    def get(self, path: str) -> str:
        """The body of a page."""
        with self._opener.open(self.base + path, timeout=60) as answer:
            return answer.read().decode()

    def json(self, path: str) -> Any:
        """The body of a JSON answer."""
        return json.loads(self.get(path))

    def post(self, path: str, **fields: str) -> str:
        """Send a form; the body of the page that it leads to."""
        token = next((c.value for c in self.cookies if c.name == "csrftoken"), "")
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        request = urllib.request.Request(self.base + path, body, {"Referer": self.base + path})
        with self._opener.open(request, timeout=60) as answer:
            return answer.read().decode()

    def log_in(self, name: str, password: str) -> "Browser":
        """Log in by the form."""
        self.get("/login/")
        self.post("/login/", username=name, password=password)
        return self

    def cookie_header(self) -> str:
        """The cookies as a header, for WebSocket clients."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


class House:
    """One running installation: its address, its people, its processes."""

    ADMIN_PASSWORD = "correct horse battery staple"

    def __init__(
        self,
        *,
        sample: bool = False,
        folder: Path | None = None,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "devopsweb.supervisor"),
        root: Path = ROOT,
    ) -> None:
        self.command = command
        self.root = root
        self.folder = Path(folder or tempfile.mkdtemp(prefix="dw-house-"))
        self.home = self.folder / "home"
        self.port = port or free_port()
        self.passwords = {"admin": self.ADMIN_PASSWORD}
        self.output: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        kept = {
            n: v for n, v in os.environ.items() if n not in {"DATABASE_URL", "REDIS_URL", "TEST_DATABASE_URL"}
        }
        self.environment = {
            **kept,
            "DEVOPSWEB_HOME": str(self.home),
            "DEVOPSWEB_ADMIN_PASSWORD": self.ADMIN_PASSWORD,
            "DEVOPSWEB_SAMPLE": "1" if sample else "0",
            "PORT": str(self.port),
            # Houses that run side by side must not fight for their instances' ports.
            "DEVOPSWEB_INSTANCE_PORTS": str(12000 + self.port % 20000),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        certificate = self.environment.get("DEVOPSWEB_TLS_CERTIFICATE")
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        self.context = ssl.create_default_context(cafile=certificate) if certificate else None

    def __enter__(self) -> "House":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, within: float = 180.0) -> "House":
        """Start, and wait for the Ready block."""
        self.output = []
        self._process = subprocess.Popen(
            self.command,
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        deadline = time.monotonic() + within
        while not any("DevOpsWeb is ready" in line for line in self.output):
            if time.monotonic() > deadline or self._process.poll() is not None:
                told = "".join(self.output)
                self.stop()
                raise AssertionError(f"The installation did not get ready:\n{told}\n{self.logs()}")
            with contextlib.suppress(queue.Empty):
                self.output.append(self._lines.get(timeout=0.2))
        with contextlib.suppress(queue.Empty):
            while not self.output[-1].startswith("Stop"):
                self.output.append(self._lines.get(timeout=5))
        self._note_passwords()
        return self

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._lines.put(line)

    def _note_passwords(self) -> None:
        for line in self.output:
            if found := re.fullmatch(r"  (dev|release) +(\S+)", line.rstrip()):
                self.passwords[found[1]] = found[2]

    def stop(self) -> int | None:
        """Stop by TERM, as an operator would; the exit code, or None when it hung and was killed."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
        finally:
            self._listener.join(5)

    @property
    def supervisor(self) -> int:
        """The supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    def pids(self) -> dict[str, int]:
        """The process ids of the children by name."""
        return json.loads((self.home / "run" / "children.json").read_text())

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill a child; the process id that it had."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status code and body of /healthz; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5, context=self.context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def wait_until_healthy(self, within: float = 90.0) -> None:
        """Wait until every component is up."""
        deadline = time.monotonic() + within
        while failing := self.health()[1].get("failing", ["web"]):
            if time.monotonic() > deadline:
                raise AssertionError(f"Not up within {within:.0f} s: {', '.join(failing)}\n{self.logs()}")
            time.sleep(0.1)

    def browser(self, name: str = "admin") -> Browser:
        """A logged-in browser of a user."""
        return Browser(self.url, self.context).log_in(name, self.passwords[name])

    def remote(self, repository: str, user: str = "admin") -> str:
        """The clone address of a repository with a user's credentials."""
        credentials = f"{urllib.parse.quote(user)}:{urllib.parse.quote(self.passwords[user])}"
        return f"http://{credentials}@localhost:{self.port}/v1/repos/{repository}"

    def manage(self, *arguments: str) -> str:
        """Run a management command in this installation; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout

    def shell(self, code: str) -> Any:
        """Run Python in this installation; what it assigns to ``result``, as JSON."""
        marked = f"{code}\nimport json\nprint('RESULT' + json.dumps(result, default=str))"
        out = self.manage("shell", "--no-imports", "-c", marked)
        return json.loads(out.rpartition("RESULT")[2])

    def logs(self) -> str:
        """The end of each process's log, for a failure's report."""
        parts = []
        for path in sorted((self.home / "logs").glob("*.log")):
            parts.append(
                f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-25:])
            )
        return "\n".join(parts)


def git(*arguments: str, cwd: Path | None = None, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run real git without anybody's configuration or prompt."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Dev",
        "GIT_AUTHOR_EMAIL": "dev@example.com",
        "GIT_COMMITTER_NAME": "Dev",
        "GIT_COMMITTER_EMAIL": "dev@example.com",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
    return done


@contextlib.contextmanager
def checkout(house: House, repository: str, user: str = "admin") -> Iterator[Path]:
    """A clone of a repository, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dw-clone-") as folder:
        path = Path(folder) / repository
        git("clone", "-q", house.remote(repository, user), str(path))
        yield path


def commit_and_push(path: Path, message: str, branch: str = "main") -> str:
    """Commit everything and push; the commit's id."""
    git("add", "-A", cwd=path)
    git("commit", "-q", "-m", message, cwd=path)
    git("push", "-q", "origin", f"HEAD:{branch}", cwd=path)
    return git("rev-parse", "HEAD", cwd=path).stdout.strip()
