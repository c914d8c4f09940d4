"""Registers the app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Parameters and secrets, encrypted at rest."""

    name = "devopsweb.vault"
    label = "vault"
    verbose_name = "Parameters and secrets"
