"""Celery bodies of alarms."""

from celery import shared_task

from devopsweb.kernel import clock
from monitoring.alarms.actions import alarms, evaluations


@shared_task(name="alarms.evaluate")
def evaluate(alarm_id: int) -> None:
    """Evaluate one alarm now."""
    evaluations.evaluate_one(alarm_id, at=clock.now())


@shared_task(name="alarms.sweep")
def sweep() -> None:
    """Evaluate the alarms that are due."""
    evaluations.evaluate_due(at=clock.now())


@shared_task(name="alarms.expire")
def expire() -> None:
    """Delete history past its retention."""
    alarms.expire(at=clock.now())
