"""Local instances: rows that ``manage.py local_instances`` keeps running as sandboxes."""

import socket
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from deployments.compute import errors
from deployments.compute.actions import instances
from deployments.compute.models import Instance
from devopsweb.env import text

PROVIDER = "local"


def base_port() -> int:
    """``DEVOPSWEB_INSTANCE_PORTS``: the first port given to local instances."""
    return int(text("DEVOPSWEB_INSTANCE_PORTS", "9001"))


def is_free(port: int) -> bool:
    """Whether nobody listens on ``port`` of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, first: int) -> int:
    """The lowest port from ``first`` on that no instance owns and nobody uses. Raises ``NoFreePort``."""
    owned = set(Instance.objects.exclude(port=None).values_list("port", flat=True))
    for port in range(first, min(first + 1000, 65536)):
        if port not in owned and is_free(port):
            return port
    raise errors.NoFreePort(f"No free port between {first} and {first + 999} for a local instance.")


def ensure(*, name: str, tags: Mapping[str, str], port: int | None, at: datetime) -> Instance:
    """The local instance ``name``, created if need be. Raises ``InstanceNameTaken``."""
    existing = Instance.objects.filter(name=name).first()
    if existing is None:
        chosen = port or free_port(first=base_port())
        return instances.create(name=name, provider=PROVIDER, tags=tags, at=at, port=chosen)
    if existing.provider != PROVIDER:
        raise errors.InstanceNameTaken(f"{name!r} is the name of a registered host.")
    return existing


def move_port(instance: Instance) -> int:
    """Give the instance another port, because its own was taken by somebody else."""
    while True:
        port = free_port(first=max(instance.port or 0, base_port() - 1) + 1)
        try:
            with transaction.atomic():
                Instance.objects.filter(pk=instance.pk).update(port=port)
        except IntegrityError:
            continue
        instance.port = port
        return port
