"""Runs things at the same time, each with its own database connection."""

import threading
from collections.abc import Callable

from django.db import connection


def together(*bodies: Callable[[], object]) -> None:
    """Run every body in a thread of its own, with its own connection; raise the first failure."""
    failures = []

    def run(body):
        try:
            body()
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
