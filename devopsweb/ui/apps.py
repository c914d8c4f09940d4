"""Registers the app."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The shell around every page: navigation, components, palette, home."""

    name = "devopsweb.ui"
    label = "ui"
