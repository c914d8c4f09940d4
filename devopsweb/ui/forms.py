"""What forms of several apps need."""

from collections.abc import Iterable
from typing import cast

from django import forms


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[str, str]]) -> None:
    """Let the field ``name``, which must be one of choices, offer these values with their labels."""
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)
