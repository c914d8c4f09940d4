"""Registers the app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Secrets at rest, and their removal from logs."""

    name = "devopsweb.vault"
    label = "vault"
