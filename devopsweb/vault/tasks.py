"""Celery bodies of the vault."""

from celery import shared_task

from devopsweb.kernel import clock
from devopsweb.vault.actions import parameters, secrets


@shared_task(name="vault.sweep")
def sweep() -> None:
    """Delete the secrets and parameters whose time is over."""
    at = clock.now()
    secrets.sweep(at=at)
    parameters.expire(at=at)
