"""``manage.py local_instances``: keeps the local instances of this installation running."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from deployments.compute.keeper import Keeper


class Command(BaseCommand):
    """Runs until TERM or INT; then every local instance is stopped within a few seconds."""

    help = "Keep the local instances of this installation running."

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep them in this thread: a sandbox dies with the thread that started it."""
        keeper = Keeper()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: keeper.stopping.set())
        keeper.run()
