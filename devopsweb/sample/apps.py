"""Registers the app."""

from django.apps import AppConfig


class SampleConfig(AppConfig):
    """The storefront sample that a first start creates."""

    name = "devopsweb.sample"
    label = "sample"
