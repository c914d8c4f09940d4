"""The project itself: wiring and the platform that every app stands on."""

from devopsweb.celery import app as celery_app

__all__ = ["celery_app"]
