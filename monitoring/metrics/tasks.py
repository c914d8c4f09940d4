"""Celery bodies of metrics."""

from celery import shared_task

from devopsweb.kernel import clock
from monitoring.metrics.actions import folding, host


@shared_task(name="metrics.fold")
def fold() -> None:
    """Fold new samples into points."""
    folding.fold()


@shared_task(name="metrics.expire")
def expire() -> None:
    """Let old points go."""
    folding.expire(at=clock.now())


@shared_task(name="metrics.host")
def report_host() -> None:
    """Report this machine's load."""
    host.report(at=clock.now())
