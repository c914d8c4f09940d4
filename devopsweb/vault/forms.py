"""Forms of parameters and secrets. Values are in fields named after secrets: the audit trail hides those."""

from collections.abc import Iterator
from typing import Any

from django import forms

from devopsweb.vault.models.parameters import TYPES
from devopsweb.vault.types import ParameterSpec, Value


def _text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(
        attrs={
            "rows": rows,
            "class": "mono",
            "spellcheck": "false",
            "autocomplete": "off",
            "autocapitalize": "off",
        }
    )


class ParameterForm(forms.Form):
    """A new parameter, or another version of one."""

    name = forms.CharField(
        max_length=1011,
        help_text="A path such as /shop/production/database-url, or a plain name. It cannot be changed.",
    )
    type = forms.ChoiceField(choices=[(name, name) for name in TYPES], help_text="SecureString for secrets.")
    secret_value = forms.CharField(label="Value", strip=False, widget=_text_area(4))
    description = forms.CharField(required=False, max_length=1024)
    tier = forms.ChoiceField(
        choices=[("Standard", "Standard: up to 4 kB"), ("Advanced", "Advanced: up to 8 kB, may expire")]
    )
    allowed_pattern = forms.CharField(
        required=False,
        max_length=1024,
        help_text="A regular expression that every value must match as a whole.",
    )
    key_id = forms.CharField(
        required=False, max_length=256, label="Key",
        help_text="Of a SecureString: reading it then also needs kms:Decrypt upon this key, for example alias/payments.",
    )  # fmt: skip

    def __init__(self, *args: Any, editing: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.editing = editing
        if editing:
            del self.fields["name"], self.fields["type"]
            self.fields["secret_value"].required = False
            self.fields["secret_value"].help_text = "Empty: the present value stays."

    def spec(self, *, name: str = "", present: str = "") -> ParameterSpec:
        """What the valid form says; ``present`` is the value that stays when none was typed."""
        said = self.cleaned_data
        value = said["secret_value"].replace("\r\n", "\n")
        return ParameterSpec(
            name=name or said["name"].strip(),
            value=value or present,
            type=said.get("type", ""),
            overwrite=self.editing,
            description=said["description"],
            tier=said["tier"],
            key_id=said["key_id"].strip(),
            allowed_pattern=said["allowed_pattern"],
        )


class LabelForm(forms.Form):
    """Labels for one version."""

    labels = forms.CharField(max_length=1100, label="Labels")
    version = forms.IntegerField(min_value=1)

    def names(self) -> list[str]:
        """The labels."""
        return str(self.cleaned_data["labels"]).replace(",", " ").split()


class TagsForm(forms.Form):
    """All tags of a thing, as lines of text."""

    tags = forms.CharField(
        required=False, widget=_text_area(3), help_text="key=value, one per line.", label="Tags"
    )

    def clean_tags(self) -> dict[str, str]:
        """The tags as a mapping."""
        return dict(_pairs(str(self.cleaned_data["tags"])))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not (key and equals) or len(key) > 128 or len(value) > 256:
            raise forms.ValidationError(f"Line {number}: write key=value, with up to 128 and 256 characters.")
        yield key, value


def tag_lines(tags: dict[str, str]) -> str:
    """Tags as the form shows them."""
    return "\n".join(f"{key}={value}" for key, value in sorted(tags.items()))


class SecretForm(forms.Form):
    """A new secret."""

    name = forms.CharField(
        max_length=512, help_text="Letters, digits and /_+=.@-; for example production/database."
    )
    secret_value = forms.CharField(
        label="Value", strip=False, widget=_text_area(5), max_length=65536,
        help_text='Text, or JSON such as {"username": "shop", "password": "…"}: builds can then read one key of it.',
    )  # fmt: skip
    description = forms.CharField(required=False, max_length=2048)
    key_id = forms.CharField(
        required=False, max_length=2048, label="Key",
        help_text="Reading it then also needs kms:Decrypt upon this key, for example alias/payments.",
    )  # fmt: skip

    def value(self) -> Value:
        """The value."""
        return Value(str(self.cleaned_data["secret_value"]).replace("\r\n", "\n").encode())


class SecretValueForm(forms.Form):
    """Another value for a secret."""

    secret_value = forms.CharField(label="New value", strip=False, widget=_text_area(5), max_length=65536)

    def value(self) -> Value:
        """The value."""
        return Value(str(self.cleaned_data["secret_value"]).replace("\r\n", "\n").encode())


class PolicyForm(forms.Form):
    """A secret's own policy."""

    resource_policy = forms.CharField(
        required=False, max_length=20480, widget=_text_area(10), label="Resource policy",
        help_text="JSON with a Principal in each statement. Empty: none.",
    )  # fmt: skip


class DeleteForm(forms.Form):
    """How long a deleted secret can be restored."""

    days = forms.IntegerField(min_value=7, max_value=30, initial=30)
