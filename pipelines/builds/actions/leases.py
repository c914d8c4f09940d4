"""Ownership of a running build: claimed once, renewed by a pulse, lost when the pulse stops."""

import threading
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection
from django.db.models import F

from devopsweb.kernel import clock
from pipelines.builds.models import Build
from pipelines.builds.states import BuildStatus

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
BEAT = timedelta(seconds=5)
LOOK = 0.5


def claim(build_id: int, *, at: datetime) -> Build | None:
    """The build, now owned by the caller, or None when it is not there to be taken."""
    taken = Build.objects.filter(
        pk=build_id, status=BuildStatus.IN_PROGRESS, lease_until=None, stop_requested_at=None
    ).update(lease_until=at + LEASE, fence=F("fence") + 1, started_at=at)
    return Build.objects.get(pk=build_id) if taken else None


class Pulse(threading.Thread):
    """Renews the lease of an owned build and watches for reasons to end it.

    ``reason`` becomes ``stop``, ``timeout`` or ``lost``; until then it is empty.
    """

    def __init__(self, build: Build, *, deadline: datetime) -> None:
        super().__init__(name=f"pulse of {build}", daemon=True)
        self._build, self._deadline = build, deadline
        self._over = threading.Event()
        self.reason = ""

    def interruption(self) -> str:
        """Why the build must end now, or nothing."""
        return self.reason

    def end(self) -> None:
        """Stop the pulse and wait for its last beat."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Beat until the end."""
        renewed = clock.now()
        try:
            while not self._over.wait(LOOK) and not self.reason:
                renewed = self._beat(renewed, clock.now())
        finally:
            connection.close()

    def _beat(self, renewed: datetime, now: datetime) -> datetime:
        if now > self._deadline:
            self.reason = "timeout"
            return renewed
        mine = Build.objects.filter(
            pk=self._build.pk, fence=self._build.fence, status=BuildStatus.IN_PROGRESS
        )
        try:
            row = mine.values_list("stop_requested_at", flat=True).first() if mine.exists() else "gone"
            if row == "gone":
                self.reason = "lost"
            elif row is not None:
                self.reason = "stop"
            elif now - renewed >= BEAT:
                mine.update(lease_until=now + LEASE)
                return now
        except DatabaseError as error:
            log.warning("build lease not renewed", build=self._build.pk, error=str(error))
            if now - renewed > LEASE:
                self.reason = "lost"
            connection.close()
        return renewed
