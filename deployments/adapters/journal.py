"""A target's log stream: agents append to it, the server adds what only it knows."""

import re
from collections.abc import Sequence
from datetime import datetime

import structlog

from devopsweb.kernel import clock
from monitoring.logs import api as logs
from monitoring.logs.api import Line

log = structlog.get_logger(__name__)

_FOREIGN = re.compile(r"[^A-Za-z0-9_\-/.#]")


def open_stream(*, application: str, deployment: str, instance: str, at: datetime) -> str:
    """The stream of one instance in a deployment, under CodeDeploy's group name."""
    group = "/aws/codedeploy/" + _FOREIGN.sub("-", application)
    return logs.create_stream(group=group, name=f"{deployment}/{instance}", at=at)


def append(*, stream: str, first: int, lines: Sequence[Line]) -> int:
    """Store the agent's lines; the number of lines that are stored now, whatever became of these."""
    try:
        return logs.append(stream_id=stream, first=first, lines=lines)
    except (logs.StreamEnded, logs.LineGap):
        return logs.info(stream).total


def remark(*, stream: str, event: str, message: str, at: datetime) -> None:
    """Write the server's own verdict upon ``event`` at the end of the log."""
    millis = clock.millis(at)
    lines = [
        Line(millis, message, "error"),
        Line(millis, f"{event} failed", f"phase-end:{event}:Failed"),
    ]
    try:
        logs.append(stream_id=stream, first=logs.info(stream).total, lines=lines)
    except (logs.StreamEnded, logs.LineGap, logs.StoreUnwritable) as error:
        log.warning("remark not logged", stream=stream, error=str(error))


def close(stream: str) -> None:
    """End the stream."""
    try:
        logs.close(stream_id=stream)
    except logs.StoreUnwritable as error:
        log.warning("log not closed", stream=stream, error=str(error))


def total(stream: str) -> int:
    """How many lines the stream holds."""
    return logs.info(stream).total
