"""One installation from start to stop: Redis, preparation, children, Ready, watch, end."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings

from devopsweb import env
from devopsweb.supervisor import children, preparation, processes
from devopsweb.supervisor.refusals import Refusal
from devopsweb.supervisor.watch import Stopped, Watch

PATIENCE = 20.0


def say(text: str) -> None:
    """Tell the operator."""
    print(f"  {text}", flush=True)


def run(home: Path, listener: socket.socket, began: float) -> int:
    """Run the installation in ``home`` until the operator stops it; the exit code."""
    processes.adopt_orphans()
    watch = Watch(home, say)
    try:
        _start(watch, home, listener)
        _ready(home, listener, began)
        while True:
            watch.once()
    except Stopped:
        print("\nStopping.", flush=True)
        return 0
    finally:
        watch.stop()
        listener.close()


def _start(watch: Watch, home: Path, listener: socket.socket) -> None:
    _start_redis(watch, home)
    if preparation.is_needed(home):
        say("database   preparing")
        _run_once(watch, home, "prepare", lambda: preparation.prepare(home), listener)
    say(f"database   {'PostgreSQL' if 'postgresql' in settings.DATABASES['default']['ENGINE'] else 'SQLite'}")
    if children.has_instances():
        # Read by the web server's health check, which is forked from here.
        env.export("DEVOPSWEB_LOCAL_INSTANCES", "1")
    watch.add(children.product(home, listener))
    _wait_until_healthy(watch, listener)
    if preparation.sample_is_wanted(home):
        say("sample     creating the storefront")
        _run_once(watch, home, "sample", lambda: preparation.install_sample(home), listener)


def _start_redis(watch: Watch, home: Path) -> None:
    private = children.redis(home)
    if private:
        watch.add([private])
    client = redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.ping()
        except redis.BusyLoadingError:
            problem = "it is still loading its data"
        except (redis.RedisError, OSError) as error:
            problem = str(error)
        else:
            break
        if not private or time.monotonic() > deadline:
            where = f"see {private.log}" if private else "mend REDIS_URL or unset it"
            raise Refusal(f"Redis does not answer ({problem}); {where}.")
        watch.once(0.05)
    client.close()
    say(f"redis      {'private' if private else 'as given by REDIS_URL'}")


def _run_once(watch: Watch, home: Path, name: str, body: Callable[[], None], listener: socket.socket) -> None:
    log = home / "logs" / f"{name}.log"
    pid = processes.fork(name, body, log, (listener.fileno(),))
    if watch.wait_for(pid) == 0:
        return
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    raise Refusal(f"The step '{name}' failed: {lines[-1] if lines else 'no reason given'} (see {log}).")


def _wait_until_healthy(watch: Watch, listener: socket.socket) -> None:
    told = time.monotonic()
    up: set[str] = set()
    while True:
        states = _health(listener)
        for name in [n for n, state in states.items() if state == "up" and n not in up]:
            up.add(name)
        if states and all(state == "up" for state in states.values()):
            say(f"components {', '.join(sorted(up - {'redis', 'database'}))}")
            return
        if time.monotonic() - told > PATIENCE:
            told = time.monotonic()
            missing = sorted(set(states) - up) or ["web"]
            say(f"still waiting for {', '.join(missing)}")
        watch.once(0.1)


def _health(listener: socket.socket) -> dict[str, str]:
    host, port = _address(listener)
    connection = _connection(host, port)
    try:
        connection.request("GET", "/healthz")
        states: dict[str, str] = json.loads(connection.getresponse().read())["components"]
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return states


def _connection(host: str, port: int) -> http.client.HTTPConnection:
    """To our own listener: whatever its certificate says, nobody else can be there."""
    if env.scheme() == "http":
        return http.client.HTTPConnection(host, port, timeout=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=1, context=context)


def _address(listener: socket.socket) -> tuple[str, int]:
    """Where this machine reaches the listener: a wildcard address is reached by loopback."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  looked up, not bound


def _ready(home: Path, listener: socket.socket, began: float) -> None:
    host, port = _address(listener)
    url = env.text("DEVOPSWEB_BASE_URL", f"{env.scheme()}://{_url_host(host)}:{port}")
    lines = [f"DevOpsWeb is ready at {url}   ({time.monotonic() - began:.1f} s)", ""]
    made = preparation.take_secrets(home)
    if made:
        lines.append("Shown this once:")
        lines += [f"  {name:<20} {secret}" for name, secret in made.items()]
    else:
        lines.append("Log in as admin; `make password NAME=admin` sets a new password.")
    lines += ["", f"Logs   {home / 'logs'}", "Stop   Ctrl-C"]
    rule = "-" * 78
    print("\n".join(["", rule, *lines, rule]), flush=True)


def _url_host(host: str) -> str:
    if host in {"127.0.0.1", "::1"}:
        return "localhost"
    return f"[{host}]" if ":" in host else host
