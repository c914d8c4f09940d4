"""Forms of log groups."""

from django import forms

from monitoring.logs.actions.retention import DAYS


class RetentionForm(forms.Form):
    """How long a group's streams are kept."""

    days = forms.TypedChoiceField(
        label="Keep ended logs for",
        choices=[("", "ever"), *((str(d), f"{d} day" if d == 1 else f"{d} days") for d in DAYS)],
        coerce=int,
        empty_value=None,
        required=False,
    )
