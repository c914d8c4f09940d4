"""Registers the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """E-mail and other deliveries to people."""

    name = "monitoring.notifications"
    label = "notifications"
