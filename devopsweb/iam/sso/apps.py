"""Registers the app."""

from django.apps import AppConfig


class SsoConfig(AppConfig):
    """Single sign-on."""

    name = "devopsweb.iam.sso"
    label = "sso"
    verbose_name = "Single sign-on"
