"""Registers the app."""

from django.apps import AppConfig

from devopsweb.live import api as live


class UiConfig(AppConfig):
    """The shell around every page: navigation, components, palette, home."""

    name = "devopsweb.ui"
    label = "ui"

    def ready(self) -> None:
        """My work and the sidebar refresh for everybody who is signed in: each fetch is checked."""
        live.register("home", lambda principal, name: name == "all")
