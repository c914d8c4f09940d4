"""Finds builds whose worker died, that waited too long, or that nobody was offered."""

import shutil
from datetime import datetime, timedelta

from pipelines.builds.actions import builds
from pipelines.builds.adapters import workspace
from pipelines.builds.models import Build
from pipelines.builds.states import BuildStatus

LEFTOVER = timedelta(minutes=5)


def sweep(*, at: datetime) -> None:
    """One tick; safe to run twice or late."""
    running = Build.objects.filter(status=BuildStatus.IN_PROGRESS)
    for build in running.filter(lease_until__lt=at):
        builds.end_without_worker(
            build,
            status=BuildStatus.FAULT,
            message="The worker that ran this build stopped working; the build ended here. Retry it.",
            at=at,
        )
    for build in running.filter(lease_until=None, due_at__lt=at):
        builds.end_without_worker(
            build, status=BuildStatus.TIMED_OUT, message="The build waited too long in the queue.", at=at
        )
    builds.offer_waiting(at=at)
    remove_leftovers(at=at)


def remove_leftovers(*, at: datetime) -> None:
    """Remove folders of builds that no longer run (their worker was killed)."""
    if not workspace.root().is_dir():
        return
    for folder in workspace.root().iterdir():
        if folder.stat().st_mtime > (at - LEFTOVER).timestamp():
            continue
        if not Build.objects.filter(uuid=folder.name, status=BuildStatus.IN_PROGRESS).exists():
            shutil.rmtree(folder, ignore_errors=True)
