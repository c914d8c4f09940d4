"""Bodies that the RQ worker runs."""

from devopsweb.kernel import clock
from monitoring.notifications.actions import messages


def deliver(notification_id: int) -> None:
    """Send one notification if it is still due."""
    messages.deliver(notification_id, at=clock.now())
