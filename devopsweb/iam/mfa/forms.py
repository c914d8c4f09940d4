"""The code."""

from django import forms


class CodeForm(forms.Form):
    """Six digits of the program, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="The six digits that your authenticator shows now.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "none"}
        ),
    )
