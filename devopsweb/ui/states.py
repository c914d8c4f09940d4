"""The state vocabulary: API value → word, icon, colour family."""

from typing import NamedTuple


class Look(NamedTuple):
    """How a state is shown; ``motion`` is "", "spin" or "blink"."""

    word: str
    icon: str
    family: str
    motion: str = ""


_LOOKS = {
    "queued": Look("Queued", "circle-dashed", "idle"),
    "pending": Look("Pending", "circle-dashed", "idle"),
    "created": Look("Created", "circle-dashed", "idle"),
    "inprogress": Look("In progress", "loader-2", "run", "spin"),
    "ready": Look("Ready", "circle-check", "run"),
    "succeeded": Look("Succeeded", "circle-check-f", "ok"),
    "ok": Look("OK", "circle-check-f", "ok"),
    "online": Look("Online", "circle-check-f", "ok"),
    "offline": Look("Offline", "square-x-f", "fail"),
    "failed": Look("Failed", "square-x-f", "fail"),
    "fault": Look("Fault", "square-x-f", "fail"),
    "timedout": Look("Timed out", "square-x-f", "fail"),
    "alarm": Look("In alarm", "bell-ringing-f", "fail"),
    "waitingforapproval": Look("Waiting for approval", "hand-stop", "wait"),
    "approved": Look("Approved", "circle-check-f", "ok"),
    "rejected": Look("Rejected", "square-x-f", "fail"),
    "expired": Look("Expired", "square-x-f", "fail"),
    "stopping": Look("Stopping", "player-stop", "idle", "blink"),
    "stopped": Look("Stopped", "player-stop-f", "idle"),
    "superseded": Look("Superseded", "player-skip-forward", "idle"),
    "cancelled": Look("Cancelled", "ban", "idle"),
    "abandoned": Look("Abandoned", "circle-dashed-x", "idle"),
    "skipped": Look("Skipped", "player-skip-forward", "idle"),
    "rolledback": Look("Rolled back", "arrow-back-up", "undo"),
    "insufficientdata": Look("Insufficient data", "help-circle", "idle"),
    "unknown": Look("Unknown", "help-circle", "idle"),
    "held": Look("Held", "player-pause-f", "idle"),
    "notstarted": Look("Not started", "point", "none"),
    "": Look("Not started", "point", "none"),
}


def look(value: str | None) -> Look:
    """The look of an API value, whatever its spelling (``IN_PROGRESS``, ``InProgress``)."""
    key = (value or "").replace("_", "").replace(" ", "").lower()
    return _LOOKS.get(key) or Look(value or "", "help-circle", "idle")
