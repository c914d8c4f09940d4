"""Cuts a program's output into lines, as a terminal would leave them.

A line that was redrawn after carriage returns (a progress bar) counts in its last state.
Half a line waits for its end, but not for ever.
"""

import re

from monitoring.logs.engine.records import MAX_LINE

HALF_WAIT = 1.0
PROGRESS_WAIT = 5.0
# A little more than is stored, so that a secret at the cut is still whole when it is masked.
_KEEP = MAX_LINE + 4096
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class LineSplitter:
    """Takes bytes as they come and gives whole lines; times are seconds of any one clock."""

    def __init__(self) -> None:
        self._half = bytearray()
        self._dropped = 0
        self._since = 0.0

    @property
    def has_half(self) -> bool:
        """Whether part of a line is waiting for its end."""
        return bool(self._half)

    def due_at(self) -> float | None:
        """When the waiting half must be given out as a line of its own."""
        if not self._half:
            return None
        return self._since + (PROGRESS_WAIT if b"\r" in self._half else HALF_WAIT)

    def feed(self, data: bytes, now: float) -> list[str]:
        """The lines that ``data`` completes."""
        *whole, rest = data.split(b"\n")
        lines = []
        for piece in whole:
            self._add(piece, now)
            lines.append(self.take())
        if rest:
            self._add(rest, now)
        return lines

    def take(self) -> str:
        """What waits, as a line; it waits no more."""
        text = settle(self._half.decode("utf-8", "replace"))
        if self._dropped:
            text += f" … [line cut: {self._dropped:,} more bytes]"
        self._half, self._dropped = bytearray(), 0
        return text

    def _add(self, piece: bytes, now: float) -> None:
        if not self._half:
            self._since = now
        room = _KEEP - len(self._half)
        self._half += piece[:room]
        self._dropped += max(0, len(piece) - room)


def settle(text: str) -> str:
    """``text`` as a terminal shows it after its carriage returns: ``10%\\r20%`` is ``20%``."""
    if "\r" not in text:
        return text
    shown = ""
    for part in text.split("\r"):
        if not part:
            continue
        plain = not _ESCAPE.search(part) and not _ESCAPE.search(shown)
        shown = part + shown[len(part) :] if plain else part
    return shown
