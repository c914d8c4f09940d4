"""Finds what each of our apps offers in a module of an agreed name."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings


def collect(module: str, attribute: str) -> list[Any]:
    """``attribute`` of ``<app>.<module>`` for every app that has that module, in their order."""
    return [
        getattr(import_module(f"{app}.{module}"), attribute)
        for app in settings.OUR_APPS
        if find_spec(f"{app}.{module}") is not None and hasattr(import_module(f"{app}.{module}"), attribute)
    ]
