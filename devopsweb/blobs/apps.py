"""Registers the app."""

from django.apps import AppConfig


class BlobsConfig(AppConfig):
    """Content-addressed storage of artifacts."""

    name = "devopsweb.blobs"
    label = "blobs"
