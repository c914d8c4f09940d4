"""Words of the log store that cross its door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Line:
    """One line of a log.

    ``mark`` is "" for output, or ``phase:<NAME>`` (a phase starts; the text is its heading),
    ``phase-end:<NAME>:<STATUS>``, ``command``, or ``error``. ``ingested_ms`` is when it came, of an event
    that a client put (its text may hold line feeds); 0 where that is ``at_ms``.
    """

    at_ms: int
    text: str
    mark: str = ""
    ingested_ms: int = 0


@dataclass(frozen=True)
class LinePage:
    """Consecutive lines from number ``start`` (0-based) of a stream that has ``total`` of them."""

    lines: Sequence[Line]
    start: int
    total: int
    ended: bool


@dataclass(frozen=True)
class Mark:
    """A line that readers jump to: a phase's start or end, or the first line of a failure."""

    number: int
    at_ms: int
    mark: str
    text: str


@dataclass(frozen=True)
class MarkPage:
    """All marks of the first ``total`` lines, and the times of the first and the last of these."""

    marks: Sequence[Mark]
    total: int
    ended: bool
    first_ms: int
    last_ms: int


@dataclass(frozen=True)
class StreamInfo:
    """A log stream; ``total`` counts its whole lines now, ``ended`` says that no more will come."""

    id: str
    group: str
    name: str
    total: int
    ended: bool
    arn: str
    created_at: datetime

    @property
    def lines_url(self) -> str:
        """Where a range of lines is read: add ``?from=&limit=``."""
        return f"/logs/streams/{self.id}/lines"

    @property
    def raw_url(self) -> str:
        """Where the whole log is downloaded as text."""
        return f"/logs/streams/{self.id}/raw"

    @property
    def url(self) -> str:
        """The stream's own page."""
        return f"/logs/view/{self.id}/"
