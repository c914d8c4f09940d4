"""Registers the app."""

from django.apps import AppConfig


class IamConfig(AppConfig):
    """Users, groups, roles, policies, credentials, and the one question that all ask: authorize."""

    name = "devopsweb.iam"
    label = "iam"
