"""Registers the app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Facts, written with the change that they tell of, and their delivery to handlers."""

    name = "devopsweb.events"
    label = "events"
