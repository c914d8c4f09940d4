"""The Celery application: engine steps, builds, deployments, and the sweeps that beat ticks.

Each app lists its sweeps in ``jobs.py`` as ``SWEEPS = {task name: seconds}``; they are
collected here, so that a new sweep needs no change of wiring.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devopsweb.settings")

from celery import Celery

from devopsweb import pulses
from devopsweb.discovery import collect

app = Celery("devopsweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(pulses.WorkerPulse)


def _sweeps() -> dict[str, dict[str, object]]:
    return {
        # A tick that nobody took before the next one is worthless: it expires.
        task: {
            "task": task,
            "schedule": seconds,
            "options": {"expires": max(float(seconds), 1.0), "queue": "engine"},
        }
        for sweeps in collect("jobs", "SWEEPS")
        for task, seconds in sweeps.items()
    }


app.conf.beat_schedule = _sweeps()
