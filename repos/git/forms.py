"""Forms of the repository pages."""

from collections.abc import Callable

from django import forms

from devopsweb.kernel.errors import Invalid
from repos.git.engine import names


class _Named(forms.Form):
    """A form whose ``name`` follows one of the rules of ``engine.names``."""

    def _checked(self, check: Callable[[str], str]) -> str:
        try:
            return check(self.cleaned_data["name"].strip())
        except Invalid as error:
            raise forms.ValidationError(str(error)) from None


class RepositoryForm(_Named):
    """A new repository."""

    name = forms.CharField(
        max_length=100,
        strip=True,
        help_text="Letters, digits, '.', '_' and '-'. It becomes part of the clone address.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"class": "textarea", "rows": 3})
    )

    def clean_name(self) -> str:
        """AWS's rule for repository names."""
        return self._checked(names.check_repository)


class NameForm(_Named):
    """A repository's new name."""

    name = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )

    def clean_name(self) -> str:
        """AWS's rule for repository names."""
        return self._checked(names.check_repository)


class DescriptionForm(forms.Form):
    """A repository's description."""

    description = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"class": "textarea", "rows": 3})
    )


class ReferenceForm(_Named):
    """A new branch or tag."""

    name = forms.CharField(
        max_length=256,
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    source = forms.CharField(
        label="From",
        max_length=256,
        help_text="A branch, a tag or a commit id.",
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "list": "revisions"}),
    )

    def clean_name(self) -> str:
        """git's and AWS's rules for names of references."""
        return self._checked(names.check_reference)
