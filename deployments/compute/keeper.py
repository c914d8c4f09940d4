"""Keeps every local instance running: starts, restarts with back-off, and stops them all in time."""

import subprocess
import threading
import time
from dataclasses import dataclass, field

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections

from deployments.compute.actions import instances, local
from deployments.compute.adapters import boxes
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from devopsweb.sandbox.api import SandboxUnavailable

log = structlog.get_logger(__name__)

LOOK_EACH = 1.0
GRACE = 4.0
LONGEST_PAUSE = 30.0
STEADY = 20.0


@dataclass
class Box:
    """A started instance; ``due`` is when a dead one may start again."""

    process: "subprocess.Popen[bytes]"
    began: float = field(default_factory=time.monotonic)
    pause: float = 1.0
    due: float = 0.0


class Keeper:
    """One per installation. All its work happens in the thread that calls it: sandboxes die with that."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        """Keep instances until ``stopping`` is set, then stop them."""
        try:
            while not self.stopping.is_set():
                self._look()
                self.stopping.wait(LOOK_EACH)
        finally:
            self.stop()

    def _look(self) -> None:
        close_old_connections()
        try:
            self.tick()
        except DatabaseError as error:
            log.warning("local instances not looked after", error=str(error))
        except SandboxUnavailable as error:
            log.error("local instances cannot run", error=str(error))
            self.stopping.wait(LONGEST_PAUSE)

    def tick(self) -> None:
        """Start what is missing, end what is no longer wanted."""
        wanted = {
            row.name: row
            for row in Instance.objects.filter(provider=local.PROVIDER).exclude(
                status=InstanceStatus.DEREGISTERED
            )
        }
        for name in [n for n in self.boxes if n not in wanted]:
            self._end([self.boxes.pop(name)])
        for name, instance in wanted.items():
            self._keep(name, instance)

    def _keep(self, name: str, instance: Instance) -> None:
        box = self.boxes.get(name)
        now = time.monotonic()
        if box is None:
            self.boxes[name] = Box(self._start(instance))
        elif box.process.poll() is not None:
            if not box.due:
                box.pause = 1.0 if now - box.began > STEADY else min(box.pause * 2, LONGEST_PAUSE)
                box.due = now + box.pause
                log.warning("local instance ended", instance=name, code=box.process.returncode)
            elif now >= box.due:
                self._close(box)
                self.boxes[name] = Box(self._start(instance), pause=box.pause)

    @staticmethod
    def _start(instance: Instance) -> "subprocess.Popen[bytes]":
        if instance.port is None or not local.is_free(instance.port):
            taken = instance.port
            log.warning(
                "port taken, instance moves", instance=instance.name, port=taken, to=local.move_port(instance)
            )
        process = boxes.start(instance, instances.issue_token(instance))
        log.info("local instance started", instance=instance.name, port=instance.port)
        return process

    def stop(self) -> None:
        """End every instance, in good order within ``GRACE`` seconds, then by force."""
        self._end(list(self.boxes.values()))
        self.boxes.clear()

    def _end(self, ending: list[Box]) -> None:
        for box in ending:
            self._close(box)
        deadline = time.monotonic() + GRACE
        for box in ending:
            try:
                box.process.wait(max(deadline - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                box.process.kill()
                box.process.wait()

    @staticmethod
    def _close(box: Box) -> None:
        """An instance ends when its standard input does."""
        if box.process.stdin:
            box.process.stdin.close()
