"""Signed AWS calls: requests a second and p95 latency, against ``moto_server`` in the same run.

Both get the same requests from the same client, signed in advance so that the client is no part of the
time. Ours verifies every signature, asks IAM and writes the audit trail; moto does none of these.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.figures import Figure, p95
from bench.house import ROOT, House, free_port

KEY, SECRET = "AKIABENCHBENCHBENCH1", "bench/secret/bench/secret/bench/secret12"
ROWS = 10_000
CONNECTIONS = 8
LONGEST = 8.0
CALLS = {
    "sts get-caller-identity": ("sts", "Action=GetCallerIdentity&Version=2011-06-15", 4000),
    "iam list-roles, 1,000 of 10,000": ("iam", "Action=ListRoles&Version=2010-05-08&MaxItems=1000", 200),
}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_MOTO = f"""
import sys
from moto.iam.models import iam_backends
from moto.server import main
backend = iam_backends["123456789012"]["aws"]
for number in range({ROWS}):
    backend.create_role(f"role-{{number:05}}", {json.dumps(json.dumps(_TRUST))}, "/", None, "", [], "3600")
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""
_OURS = f"""
from devopsweb.iam.models import Role
from django.utils import timezone
for first in range(0, {ROWS}, 1000):
    Role.objects.bulk_create([
        Role(name=f"role-{{number:05}}", trust_policy={_TRUST!r}, created_at=timezone.now())
        for number in range(first, first + 1000)
    ])
result = Role.objects.count()
"""


def main() -> list[Figure]:
    """Both servers one after the other, so that neither takes the other's time."""
    settings = {
        "DEVOPSWEB_ADMIN_ACCESS_KEY_ID": KEY,
        "DEVOPSWEB_ADMIN_SECRET_ACCESS_KEY": SECRET,
        "DEVOPSWEB_API_RATE": "0",
    }
    with House(environment=settings) as house:
        house.shell(_OURS)
        ours = {name: _measure(house.url, name) for name in CALLS}
    with _moto() as url:
        theirs = {name: _measure(url, name) for name in CALLS}
    return [figure for name in CALLS for figure in _figures(name, ours[name], theirs[name])]


def _figures(name: str, ours: dict[str, float], theirs: dict[str, float]) -> list[Figure]:
    rows = f", {theirs['rows']:.0f} rows each" if theirs["rows"] else ""
    note = f"{CONNECTIONS} connections; moto_server: {theirs['rate']:.3g}/s{rows}, p95={theirs['p95']:.1f} ms"
    return [
        Figure(f"aws {name}", ours["rate"], "calls/s", "> moto_server", ours["rate"] / theirs["rate"], "moto_server", note),
        Figure(f"aws {name}, p95", ours["p95"], "ms", "< moto_server", ours["p95"] / theirs["p95"], "moto_server",
               f"median {ours['median']:.1f} ms"),
    ]  # fmt: skip


def _measure(url: str, name: str) -> dict[str, float]:
    """What a client process found."""
    command = [sys.executable, "-m", "bench.bench_door", url, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


@contextlib.contextmanager
def _moto() -> Iterator[str]:
    """``moto_server`` with as many roles, in an environment of its own."""
    with tempfile.TemporaryDirectory(prefix="dw-moto-") as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(Path(folder) / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qqq", "moto[server]"], check=True)
        port = free_port()
        log = (Path(folder) / "log").open("w")
        server = subprocess.Popen([str(python), "-c", _MOTO, str(port)], stdout=log, stderr=subprocess.STDOUT)
        try:
            _await(f"http://127.0.0.1:{port}/moto-api/", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)
            log.close()


def _await(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise
            time.sleep(0.1)


def signed(url: str, service: str, body: str) -> bytes:
    """A request as bytes, with a number of its own as SDKs give it."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "amz-sdk-invocation-id": str(uuid.uuid4()),
        "User-Agent": "bench",
    }
    request = AWSRequest("POST", f"{url}/", headers=headers, data=body)
    SigV4Auth(Credentials(KEY, SECRET), service, "us-east-1").add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = [
        "POST / HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        *lines,
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


class Client:
    """One connection, opened again when the server closes it."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname, address.port
        self.reader: asyncio.StreamReader | None = None
        self.last = b""

    async def ask(self, request: bytes) -> None:
        """Send a request and read the whole answer, which must be a success."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 24)
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise AssertionError(head.decode() + (await self.reader.read(500)).decode())
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        self.last = await self.reader.readexactly(length)
        if b"connection: close" in head or head.startswith(b"http/1.0"):
            self.close()

    def close(self) -> None:
        """Hang up."""
        if self.reader is not None:
            self.writer.close()
        self.reader = None


async def measure(url: str, name: str) -> dict[str, float]:
    """Requests a second and latencies of one kind of call."""
    service, body, many = CALLS[name]
    waiting = [signed(url, service, body) for _ in range(many)]
    warm = Client(url)
    for _ in range(3):
        await warm.ask(signed(url, service, body))
    warm.close()
    times: list[float] = []

    async def work() -> None:
        client = Client(url)
        while waiting and time.perf_counter() < began + LONGEST:
            request = waiting.pop()
            sent = time.perf_counter()
            await client.ask(request)
            times.append((time.perf_counter() - sent) * 1000)
        client.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    spent = time.perf_counter() - began
    return {
        "rate": len(times) / spent,
        "rows": float(warm.last.count(b"<RoleName>")),
        "median": median(times),
        "p95": p95(times),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], sys.argv[2]))))
