"""Bodies of identity's jobs."""

from celery import shared_task

from devopsweb.iam.actions import sessions
from devopsweb.kernel import clock


@shared_task(name="iam.forget_expired")
def forget_expired() -> None:
    """Remove what ran out."""
    sessions.forget_expired(at=clock.now())
