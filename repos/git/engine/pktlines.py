"""Git's pkt-line framing (gitprotocol-common) and what pushes say in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from devopsweb.kernel.errors import Invalid
from repos.git.engine.names import ZERO
from repos.git.types import RefChange

FLUSH = b"0000"
MAX_LINE = 65520
SIDEBAND = 65515
MAX_COMMANDS = 4000  # CodeCommit's quota of references in one push

WITH_OTHERS = "not moved, because another reference was refused"


class ProtocolError(Invalid):
    """The client does not speak git's protocol."""


def line(payload: bytes) -> bytes:
    """``payload`` as one pkt-line."""
    return b"%04x" % (len(payload) + 4) + payload


def take(buffer: bytes | bytearray) -> tuple[bytes | None, int]:
    """The first pkt-line's payload in ``buffer`` and how long it is there.

    ``(None, 4)`` is a flush, ``(None, 0)`` means that more bytes are needed. Raises ``ProtocolError``.
    """
    if len(buffer) < 4:
        return None, 0
    try:
        length = int(bytes(buffer[:4]), 16)
    except ValueError:
        raise ProtocolError("A pkt-line has no length.") from None
    if length == 0:
        return None, 4
    if not 4 <= length <= MAX_LINE + 4:
        raise ProtocolError("A pkt-line has an impossible length.")
    if len(buffer) < length:
        return None, 0
    return bytes(buffer[4:length]), length


@dataclass(frozen=True)
class Commands:
    """The head of a push: what it wants to move, and what the client understands."""

    changes: tuple[RefChange, ...]
    capabilities: frozenset[str]


class CommandReader:
    """Collects a push's commands from the beginning of its body; ``raw`` is all that was fed."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self._at = 0
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> bool:
        """Add ``data``; True when the commands are complete. Raises ``ProtocolError``."""
        self.raw += data
        while True:
            payload, length = take(self.raw[self._at : self._at + MAX_LINE + 4])
            if length == 0:
                return False
            self._at += length
            if payload is None:
                return True
            self._lines.append(payload)
            if len(self._lines) > MAX_COMMANDS + 1000:
                raise ProtocolError(
                    f"Too many reference update commands: at most {MAX_COMMANDS} in one push."
                )

    def commands(self) -> Commands:
        """What was collected. Raises ``ProtocolError``."""
        changes, capabilities = [], b""
        for payload in self._lines:
            if payload.startswith(b"shallow "):
                continue
            command, _, after = payload.partition(b"\0")
            capabilities = capabilities or after
            changes.append(_change(command.rstrip(b"\n")))
        if len(changes) > MAX_COMMANDS:
            raise ProtocolError(f"Too many reference update commands: at most {MAX_COMMANDS} in one push.")
        return Commands(tuple(changes), frozenset(capabilities.decode(errors="replace").split()))


def _change(command: bytes) -> RefChange:
    parts = command.split(b" ", 2)
    if len(parts) != 3 or len(parts[0]) != 40 or len(parts[1]) != 40:
        raise ProtocolError("A reference update command is malformed.")
    try:
        before, after, name = (part.decode() for part in parts)
    except UnicodeDecodeError:
        raise ProtocolError("Names of references must be UTF-8.") from None
    return RefChange(name, "" if before == ZERO else before, "" if after == ZERO else after)


class ReportReader:
    """Listens to ``git receive-pack``'s answer for what became of each reference."""

    def __init__(self, *, sideband: bool) -> None:
        self.sideband = sideband
        self.results: dict[str, bool] = {}
        self.reasons: dict[str, str] = {}
        self.complete = False
        self._outer = bytearray()
        self._inner = bytearray()

    def feed(self, data: bytes) -> None:
        """Add a piece of the answer. Raises ``ProtocolError``."""
        if not self.sideband:
            self._inner += data
        else:
            self._outer += data
            for payload in _drain(self._outer):
                if payload[:1] == b"\x01":
                    self._inner += payload[1:]
        for payload in _drain(self._inner, self._ended):
            verdict, _, rest = payload.rstrip(b"\n").decode(errors="replace").partition(" ")
            if verdict in {"ok", "ng"}:
                name, _, reason = rest.partition(" ")
                self.results[name] = verdict == "ok"
                self.reasons[name] = reason

    def _ended(self) -> None:
        self.complete = True


def _drain(buffer: bytearray, on_flush: Callable[[], None] | None = None) -> Iterable[bytes]:
    while True:
        payload, length = take(buffer[: MAX_LINE + 4])
        if length == 0:
            return
        del buffer[:length]
        if payload is not None:
            yield payload
        elif on_flush is not None:
            on_flush()


def refusal(commands: Commands, reasons: Mapping[str, str], messages: Sequence[str]) -> bytes:
    """The answer to a push of which nothing is done: each reference's reason, and lines for the user."""
    report = line(b"unpack ok\n") + b"".join(
        line(f"ng {change.name} {reasons.get(change.name, WITH_OTHERS)}\n".encode())
        for change in commands.changes
    )
    if not commands.capabilities & {"report-status", "report-status-v2"}:
        return b""
    if "side-band-64k" not in commands.capabilities:
        return report + FLUSH
    said = b"".join(line(b"\x02" + f"{text}\n".encode()[:SIDEBAND]) for text in messages)
    inner = report + FLUSH
    pieces = [inner[n : n + SIDEBAND] for n in range(0, len(inner), SIDEBAND)]
    return said + b"".join(line(b"\x01" + piece) for piece in pieces) + FLUSH
