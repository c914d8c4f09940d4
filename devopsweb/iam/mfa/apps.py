"""Registers the app."""

from django.apps import AppConfig


class MfaConfig(AppConfig):
    """The second factor."""

    name = "devopsweb.iam.mfa"
    label = "mfa"
    verbose_name = "Second factor"
