"""Clones: a 200 MB repository, and many small ones, against ``git http-backend`` behind nginx and fcgiwrap.

Both serve copies of the same repositories with Basic authentication; rounds alternate, so that
a busy machine hurts both alike. Without nginx and fcgiwrap only our own figures are printed.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.house import House, eventually, free_port, git

LARGE_MB = 200
LARGE_ROUNDS = 5
SMALL_ROUNDS = 7
SMALL_CLONES = 8
PARALLEL = 4

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      auth_basic "git"; auth_basic_user_file {folder}/htpasswd;
      fastcgi_pass unix:{folder}/cgi.sock; fastcgi_buffering off;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_PROJECT_ROOT {folder}/repos; fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param PATH_INFO $uri; fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method; fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length; fastcgi_param REMOTE_USER $remote_user;
      fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
    }}
  }}
}}
"""


def main() -> list[Figure]:
    """Measure on a fresh house."""
    with House() as house, tempfile.TemporaryDirectory(prefix="dw-bench-git-") as name:
        folder = Path(name)
        _fill(house, folder)
        with _nginx(house, folder) as theirs:
            ours = house.remote("{}")
            return [*_large(folder, ours, theirs), *_small(folder, ours, theirs)]


def _fill(house: House, folder: Path) -> None:
    """The two repositories: in our house by push."""
    house.shell(
        "from devopsweb.iam.api import service_principal\n"
        "from devopsweb.kernel import clock\nfrom repos.git import api\n"
        "for name in ('large', 'small'):\n"
        "    api.create_repository(name=name, principal=service_principal('bench'), at=clock.now())\n"
        "result = 1"
    )
    for name in ("large", "small"):
        work = folder / name
        git("init", "-q", "-b", "main", str(work))
        if name == "large":
            for part in range(8):
                (work / f"{part}.bin").write_bytes(os.urandom(LARGE_MB * 125_000))
            git("add", "-A", cwd=work)
            git("-c", "core.compression=0", "commit", "-qm", "Large", cwd=work)
        else:
            _many_commits(work)
        git("-c", "core.compression=0", "push", "-q", house.remote(name), "main", cwd=work)
        shutil.rmtree(work)


def _many_commits(work: Path) -> None:
    for number in range(100):
        (work / f"{number % 20}.txt").write_text(f"{number}\n" * 200)
        git("add", "-A", cwd=work)
        git("commit", "-qm", f"Step {number}", cwd=work)


@contextlib.contextmanager
def _nginx(house: House, folder: Path) -> Iterator[str]:
    """The address of git http-backend with copies of our repositories; empty when it cannot run."""
    backend = Path(git("--exec-path").stdout.strip()) / "git-http-backend"
    if not (shutil.which("nginx") and shutil.which("fcgiwrap") and backend.exists()):
        yield ""
        return
    (folder / "repos").mkdir()
    ids = house.shell(
        "from repos.git.models import Repository\n"
        "result = {r.name: str(r.directory) for r in Repository.objects.all()}"
    )
    for name in ("large", "small"):
        shutil.copytree(ids[name], folder / "repos" / name)
    port = free_port()
    (folder / "htpasswd").write_text("bench:{PLAIN}bench\n")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, backend=backend))
    started = [
        _start("fcgiwrap", "-c", str(PARALLEL), "-s", f"unix:{folder}/cgi.sock"),
        _start("nginx", "-c", f"{folder}/nginx.conf"),
    ]
    try:
        eventually(lambda: (folder / "cgi.sock").exists() and (folder / "nginx.pid").exists(), within=10)
        address = f"http://bench:bench@127.0.0.1:{port}/{{}}"
        git("ls-remote", address.format("small"))
        yield address
    finally:
        for process in started:
            # fcgiwrap's children outlive it: end the whole group.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def _start(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


def _clone(address: str, target: Path) -> None:
    git("clone", "-q", "--bare", address, str(target))
    shutil.rmtree(target)


def _large(folder: Path, ours: str, theirs: str) -> list[Figure]:
    seconds: dict[str, list[float]] = {ours: [], theirs: []}
    for _ in range(LARGE_ROUNDS):
        for address in filter(None, (ours, theirs)):
            began = time.perf_counter()
            _clone(address.format("large"), folder / "clone")
            seconds[address].append(time.perf_counter() - began)
    speeds = {address: [LARGE_MB / s for s in taken] for address, taken in seconds.items()}
    return [_figure(f"clone of {LARGE_MB} MB", speeds[ours], speeds.get(theirs, []), "MB/s")]


def _small(folder: Path, ours: str, theirs: str) -> list[Figure]:
    figures = []
    for workers, what in ((1, "small clones, one by one"), (PARALLEL, f"small clones, {PARALLEL} at a time")):
        rates: dict[str, list[float]] = {ours: [], theirs: []}
        for _ in range(SMALL_ROUNDS):
            for address in filter(None, (ours, theirs)):
                rates[address].append(_rate(address.format("small"), folder, workers))
        figures.append(_figure(what, rates[ours], rates[theirs], "/s"))
    return figures


def _rate(address: str, folder: Path, workers: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda n: _clone(address, folder / f"clone{n}"), range(SMALL_CLONES)))
    return SMALL_CLONES / (time.perf_counter() - began)


def _figure(what: str, ours: list[float], theirs: list[float], unit: str) -> Figure:
    if not theirs:
        return Figure(what, median(ours), unit, note="nginx and fcgiwrap are not installed")
    return Figure(
        what,
        median(ours),
        unit,
        aim="≥ 0.9 ×",
        ratio=median(ours) / median(theirs),
        compared_with="nginx",
        note=f"n={len(ours)}, nginx {median(theirs):.3g} {unit}",
    )
