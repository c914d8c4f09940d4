"""Registers the app."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Topics over Channels: this changed, authorised per subscription."""

    name = "devopsweb.live"
    label = "live"
