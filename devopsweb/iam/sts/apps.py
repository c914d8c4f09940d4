"""Registers the app."""

from django.apps import AppConfig


class StsConfig(AppConfig):
    """Temporary credentials, and the issuers whose tokens may be exchanged for them."""

    name = "devopsweb.iam.sts"
    label = "sts"
    verbose_name = "Temporary credentials"
