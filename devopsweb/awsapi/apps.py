"""Imports every app's AWS operations, so that they stand in the registry."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class AwsApiConfig(AppConfig):
    """The door to the AWS API."""

    name = "devopsweb.awsapi"
    label = "awsapi"

    def ready(self) -> None:
        """An app offers operations in ``<app>/aws/`` (or ``aws.py``); importing it registers them."""
        for app in settings.OUR_APPS:
            if find_spec(f"{app}.aws") is not None:
                import_module(f"{app}.aws")
