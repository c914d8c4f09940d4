"""Celery bodies of the build engine."""

from celery import shared_task

from devopsweb.kernel import clock
from pipelines.builds.actions import runs, sweeps


@shared_task(name="builds.run")
def run(build_id: int) -> None:
    """Run one build to its end."""
    runs.execute(build_id)


@shared_task(name="builds.sweep")
def sweep() -> None:
    """Find what is lost, late or waiting."""
    sweeps.sweep(at=clock.now())
