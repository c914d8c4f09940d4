"""Keeps records, whatever becomes of the disk: into the spool file, or in memory until that can be written again.

The first failure begins a time in which records are held, up to a limit; what comes beyond is lost, counted and
told in the log. One thread tries again every second and tells the other processes (``adapters.reports``). When the
file can be written again what was held goes there first, and what was lost becomes a record of its own.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from devopsweb.awsapi import outcomes
from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal
from monitoring.metrics import api as metrics
from monitoring.trail.adapters import reports, spool
from monitoring.trail.adapters.reports import Report
from monitoring.trail.engine import identity, records

log = structlog.get_logger(__name__)

MOST_HELD = 1000
RETRY_SECONDS = 1.0
NAME = "RecordsNotWritten"
NAMESPACE = "DevOpsWeb/Trail"
# What was begun goes on: an agent that may not say how its hooks ended would fail a deployment that succeeded.
_UNDERWAY = frozenset({"codedeploy-commands"})


@dataclass
class Failure:
    """A time in which the spool cannot be written. ``doubt``: what was written shortly before may be gone."""

    since: datetime
    reason: str
    doubt: bool
    held: deque[str] = field(default_factory=deque)
    lost: int = 0
    told: int = 0


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="trail-keeper", daemon=True).start()


class Keeper:
    """Writes to this process's spool; safe for threads, begun anew in children."""

    def __init__(self, own: spool.Spool, start: Callable[[Callable[[], None]], None] = _in_a_thread) -> None:
        self._own, self._start = own, start
        self.forget()

    def forget(self) -> None:
        """In a forked child: what is held is the parent's."""
        self._lock = threading.Lock()
        self.failure: Failure | None = None

    def keep(self, body: str) -> None:
        """Have the record on disk when this returns, or hold it."""
        if self.failure is None:
            try:
                number = self._own.append(body)
                if not settings.DEVOPSWEB_TRAIL_SYNC_SECONDS:
                    self._own.sync(number)
                return
            except OSError as error:
                self.failed(error)
        self._hold(body)

    def sync(self) -> None:
        """Have the disk keep what was written."""
        try:
            self._own.sync()
        except OSError as error:
            self.failed(error, doubt=True)

    def failed(self, error: OSError, *, doubt: bool = False) -> None:
        """The spool cannot be written: hold records from now on, and try again in a thread."""
        with self._lock:
            if self.failure is not None:
                return
            self.failure = Failure(clock.now(), error.strerror or str(error), doubt)
            self._own.give_up()
        log.error(
            "THE AUDIT TRAIL CANNOT BE WRITTEN", error=str(error), required=settings.DEVOPSWEB_TRAIL_REQUIRED
        )
        self._start(self._mend)

    def report(self) -> Report | None:
        """What this process has to say of its failure."""
        failure = self.failure
        if failure is None:
            return None
        return Report(
            reports.process(), failure.since.timestamp(), failure.reason, len(failure.held), failure.lost
        )

    def try_again(self) -> bool:
        """Write what is held and what was lost; whether that went well."""
        with self._lock:
            failure = self.failure
            if failure is None:
                return True
            try:
                spool.probe()
                while failure.held:
                    self._own.append(failure.held[0])
                    failure.held.popleft()
                if failure.lost or failure.doubt:
                    self._own.append(_gap(failure))
                self._own.sync()
            except OSError as error:
                failure.reason = error.strerror or str(error)
                self._own.give_up()
                return False
            self.failure = None
        log.warning("the audit trail is written again", lost=failure.lost, since=failure.since.isoformat())
        return True

    def _hold(self, body: str) -> None:
        with self._lock:
            failure = self.failure
            if failure is not None:
                if is_held := len(failure.held) < MOST_HELD:
                    failure.held.append(body)
                else:
                    failure.lost += 1
                # Whoever kills this process now can still read in the log what was held.
                log.error("AUDIT RECORD NOT WRITTEN", error=failure.reason, held=is_held, record=body)
                return
        self.keep(body)

    def _mend(self) -> None:
        failure = self.failure
        while failure is not None and not self.try_again():
            if report := self.report():
                reports.leave(report)
            _measure(failure)
            time.sleep(RETRY_SECONDS)
        if failure is not None:
            reports.withdraw()
            _measure(failure)


def _gap(failure: Failure) -> str:
    """The record that tells of those that are missing."""
    now = clock.now()
    more = {
        "since": failure.since.isoformat(timespec="seconds"),
        "until": now.isoformat(timespec="seconds"),
        "recordsNotWritten": failure.lost,
        "unsyncedRecordsInDoubt": failure.doubt,
        "reason": failure.reason,
        "process": reports.process(),
    }
    by = Principal(arn="", name="cloudtrail", kind="Service")
    said = records.Said(
        identity=identity.of(by, account=settings.DEVOPSWEB_ACCOUNT_ID),
        service="cloudtrail",
        name=NAME,
        at=now,
        region=settings.DEVOPSWEB_REGION,
        account=settings.DEVOPSWEB_ACCOUNT_ID,
        read_only=False,
        type=records.SERVICE_EVENT,
        more=more,
    )
    return records.body(records.build(said))


def _measure(failure: Failure) -> None:
    """The metric of what was lost; a database that cannot be written either gets it later."""
    lost = failure.lost - failure.told
    if not lost:
        return
    try:
        metrics.put([metrics.Datum(NAMESPACE, NAME, lost, clock.now(), "Count")])
        failure.told += lost
    except DatabaseError as error:
        log.warning("lost records not counted in their metric", error=str(error))
    finally:
        connections.close_all()


keeper = Keeper(spool.own)
os.register_at_fork(after_in_child=keeper.forget)


def failing() -> list[Report]:
    """The processes that cannot write at the moment, this one first."""
    own = keeper.report()
    return [*([own] if own else []), *reports.of_others()]


def trouble() -> str:
    """Why records cannot be kept and by whom; empty when all is well. This process tries it."""
    try:
        spool.probe()
    except OSError as error:
        keeper.failed(error)
    found: dict[str, list[str]] = {}
    for one in failing():
        found.setdefault(one.reason, []).append(one.process)
    return "; ".join(f"{reason} ({', '.join(sorted(who))})" for reason, who in found.items())


def require(service: str) -> None:
    """A change of ``service`` may be made: its record can be kept, or need not be. Raises ``outcomes.Unaccountable``."""
    if keeper.failure is None or not settings.DEVOPSWEB_TRAIL_REQUIRED or service in _UNDERWAY:
        return
    raise outcomes.Unaccountable(
        "The audit trail cannot be written at the moment, so nothing was changed; what only reads is answered. "
        "An operator finds the reason at /healthz."
    )
