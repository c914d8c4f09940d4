"""The children of an installation: their names, their order and what each runs."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.apps import apps

from devopsweb import env
from devopsweb.supervisor import private_redis, processes, workers

REDIS = "redis"


@dataclass(frozen=True)
class Child:
    """One process to keep alive."""

    name: str
    start: Callable[[], int]
    log: Path
    # For a child that leaves no pulse of its own the supervisor leaves it.
    pulse: str = ""


def redis(home: Path) -> Child | None:
    """The private Redis, unless ``REDIS_URL`` names another one."""
    if env.text("REDIS_URL"):
        return None
    log = home / "logs" / "redis.log"
    address = env.redis_socket()

    def start() -> int:
        private_redis.prepare_socket(address)
        return processes.spawn(private_redis.command(address, home / "redis"), log)

    return Child(REDIS, start, log)


def product(home: Path, listener: socket.socket) -> list[Child]:
    """Web, workers, beat, RQ and local instances, in the order of their start."""
    bodies: dict[str, Callable[[], None]] = {
        "web": partial(workers.web, listener),
        "worker-engine": partial(workers.celery_worker, "worker-engine", "engine", 4),
        "worker-builds": partial(workers.celery_worker, "worker-builds", "builds,deploys,invoke", 8),
        "beat": workers.beat,
        "rq": workers.rq,
    }
    if has_instances():
        bodies["instances"] = workers.instances
    return [_forked(home, name, body, listener) for name, body in bodies.items()]


def has_instances() -> bool:
    """Whether this installation keeps local instances."""
    command = Path(apps.get_app_config("compute").path) / "management" / "commands" / "local_instances.py"
    return command.exists() and env.flag("DEVOPSWEB_LOCAL_INSTANCES", default=True)


def _forked(home: Path, name: str, body: Callable[[], None], listener: socket.socket) -> Child:
    log = home / "logs" / f"{name}.log"
    # Only the web server may hold the port: a strange child would keep it open after its end.
    close = () if name == "web" else (listener.fileno(),)
    return Child(
        name,
        lambda: processes.fork(name, body, log, close),
        log,
        pulse="instances" if name == "instances" else "",
    )
