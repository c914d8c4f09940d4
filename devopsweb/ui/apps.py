"""Registers the app."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The shell around every page: navigation, components, palette, home."""

    name = "devopsweb.ui"
    label = "ui"

    def ready(self) -> None:
        """Offer the shell's own topic and entries."""
        from devopsweb.ui import hooks

        hooks.install()
