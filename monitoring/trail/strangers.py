"""Failures to prove who one is: recorded, but an anonymous flood of them cannot fill the disk.

The first failures of a source are recorded each, then the 16th, 32nd, 64th …; a record says how many there were.
All sources together get so many records a minute. Each process counts for itself, in bounded memory.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

EACH = 10
WINDOW = timedelta(hours=1)
MOST_SOURCES = 4096
MOST_A_MINUTE = 60


@dataclass
class _Source:
    since: datetime
    failures: int = 0


class Tally:
    """Failures by source: the door, the address, and the name if it is somebody's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._sources: OrderedDict[tuple[str, ...], _Source] = OrderedDict()
        self._minute, self._told, self._left_out = "", 0, 0

    def count(self, *source: str, at: datetime) -> Mapping[str, Any] | None:
        """None if this failure is only counted; otherwise what its record is to say besides."""
        with self._lock:
            one = self._of(source, at)
            one.failures += 1
            number = one.failures
            if number > EACH and number & (number - 1):
                return None
            if not self._has_room(at):
                self._left_out += 1
                return None
            left_out, self._left_out = self._left_out, 0
        said: dict[str, Any] = {}
        if number > 1:
            said = {"failedAttempts": number, "since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}"}
        return {**said, "failuresNotRecorded": left_out} if left_out else said

    def _of(self, source: tuple[str, ...], at: datetime) -> _Source:
        one = self._sources.get(source)
        if one is None or at - one.since > WINDOW:
            one = self._sources[source] = _Source(at)
        self._sources.move_to_end(source)
        if len(self._sources) > MOST_SOURCES:
            self._sources.popitem(last=False)
        return one

    def _has_room(self, at: datetime) -> bool:
        minute = f"{at:%Y%m%d%H%M}"
        if minute != self._minute:
            self._minute, self._told = minute, 0
        self._told += 1
        return self._told <= MOST_A_MINUTE


tally = Tally()
