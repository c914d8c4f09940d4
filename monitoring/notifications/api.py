"""The front door of notifications."""

from collections.abc import Sequence
from datetime import datetime

from devopsweb.kernel import clock
from monitoring.notifications.actions import messages

__all__ = ["email"]


def email(*, to: Sequence[str], subject: str, text: str, at: datetime | None = None) -> list[int]:
    """Mail ``text`` to each address, once the present transaction commits; the ids of the messages.

    Each message is a row that says queued, sent or failed; failures are retried for hours.
    """
    return messages.queue_email(to=to, subject=subject, text=text, at=at or clock.now())
