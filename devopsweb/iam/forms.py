"""What the pages of identity ask for."""

import json
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest

from devopsweb.iam import password_policy, signin
from devopsweb.iam.actions import sessions
from devopsweb.iam.engine.policy import LONGEST_OF_RESOURCE, Kind, parse_text
from devopsweb.iam.errors import MalformedPolicyDocument, TooManyAttempts
from devopsweb.iam.middleware import source_ip
from devopsweb.iam.models import User, UserGroup
from devopsweb.kernel import clock


class SignInForm(forms.Form):
    """User name and password; says neither which of them is wrong nor whether the user exists."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Check the password; failed attempts make the next one wait."""
        given = self.cleaned_data
        if not {"username", "password"} <= given.keys() or self.request is None:
            return given
        address, at = source_ip(self.request), clock.now()
        try:
            self.user = signin.verify(given["username"], given["password"], source_ip=address, at=at)
        except TooManyAttempts as error:
            raise forms.ValidationError(str(error)) from None
        if self.user is None:
            sessions.refuse(username=given["username"], source_ip=address, at=at)
            raise forms.ValidationError("The user name or the password is not right.")
        return given

    def get_user(self) -> User | None:
        """Django's name for the user who signed in."""
        return self.user


class _NewPassword(SetPasswordForm):  # type: ignore[type-arg]
    """Twice the new password; what the password policy says stands below the first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = password_policy.hint()
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""

    def validate_password_for_user(self, user: Any, *_: Any, **__: Any) -> None:
        """Check the new password against the policy."""
        super().validate_password_for_user(user, "new_password1")


class NewPasswordForm(_NewPassword):
    """A new password at sign-in, where the present one was just given."""


class PasswordForm(_NewPassword, PasswordChangeForm):
    """The present password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Present password"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


class ShortcutsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How the pages behave for this user."""

    class Meta:
        model = User
        fields = ["single_keys"]
        labels = {"single_keys": "Single-key shortcuts (g p, j, k, e, y, ?)"}


class JSONText(forms.CharField):
    """A policy document as text; errors name the path or the line."""

    widget = forms.Textarea

    def __init__(self, *, kind: Kind = "identity", longest: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.kind: Kind = kind
        self.longest = longest

    def clean(self, value: Any) -> Any:
        """The parsed document."""
        text = super().clean(value)
        try:
            return dict(parse_text(text, kind=self.kind, longest=self.longest).document)
        except MalformedPolicyDocument as error:
            # "%": a message with parameters is a format.
            raise forms.ValidationError(str(error).replace("%", "%%"), params={"path": error.path}) from None

    def prepare_value(self, value: Any) -> Any:
        """The document as indented text; what was typed stays as it was typed."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


EXAMPLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadPipelines",
            "Effect": "Allow",
            "Action": ["codepipeline:Get*", "codepipeline:List*"],
            "Resource": "*",
        }
    ],
}


class PolicyForm(forms.Form):
    """A policy's name, what it is for, and its document."""

    name = forms.CharField(max_length=128, help_text="Letters, digits and + = , . @ _ -")
    description = forms.CharField(max_length=1000, required=False)
    document = JSONText(label="Policy document", initial=EXAMPLE, max_length=30_000)


class InlinePolicyForm(forms.Form):
    """A policy that is part of one user, group or role."""

    name = forms.CharField(max_length=128, help_text="Letters, digits and + = , . @ _ -")
    document = JSONText(
        label="Policy document", initial=EXAMPLE, max_length=30_000, longest=LONGEST_OF_RESOURCE
    )


class RoleForm(forms.Form):
    """A new role and who may assume it."""

    name = forms.CharField(label="Role name", max_length=64, help_text="Letters, digits and + = , . @ _ -")
    description = forms.CharField(max_length=1000, required=False)
    document = JSONText(label="Trust policy", max_length=30_000, kind="trust")


class TrustForm(forms.Form):
    """Who may assume a role."""

    document = JSONText(label="Trust policy", max_length=30_000, kind="trust")


class RoleEditForm(forms.Form):
    """What a role is for, and how long its sessions may last."""

    description = forms.CharField(max_length=1000, required=False)
    max_session_seconds = forms.TypedChoiceField(
        label="Longest session",
        coerce=int,
        choices=[(hours * 3600, f"{hours} hour{'s' if hours > 1 else ''}") for hours in range(1, 13)],
    )


class PolicyEditForm(forms.Form):
    """A policy's description and document; names do not change."""

    description = forms.CharField(max_length=1000, required=False)
    document = JSONText(label="Policy document", max_length=30_000)


class GroupForm(forms.Form):
    """A group's name."""

    name = forms.CharField(max_length=128, help_text="Letters, digits and + = , . @ _ -")


class UserForm(forms.Form):
    """A new user."""

    name = forms.CharField(label="User name", max_length=64, help_text="Letters, digits and + = , . @ _ -")
    email = forms.EmailField(label="E-mail", required=False)
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    groups = forms.ModelMultipleChoiceField(
        queryset=UserGroup.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = f"{password_policy.hint()} The user can change it."


class PasswordResetForm(forms.Form):
    """A new password for somebody else."""

    password = forms.CharField(
        label="New password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = f"{password_policy.hint()} Tell it to the user, who can change it."
        self.fields["password"].help_text = hint


class SimulateForm(forms.Form):
    """Can this user, or this role (``role/…``), do this?"""

    who = forms.CharField(max_length=70)
    action = forms.CharField(max_length=200)
    resource = forms.CharField(max_length=1000, required=False)
    source_ip = forms.CharField(max_length=64, required=False)
    mfa = forms.ChoiceField(choices=[("", "either way"), ("true", "yes"), ("false", "no")], required=False)
    time = forms.DateTimeField(required=False)
    of = forms.CharField(max_length=128, required=False)

    def context(self) -> dict[str, str]:
        """The condition keys that were given."""
        given = self.cleaned_data
        time = given["time"]
        known = {
            "aws:SourceIp": given["source_ip"],
            "aws:MultiFactorAuthPresent": given["mfa"],
            "aws:CurrentTime": time.isoformat() if time else "",
            "aws:EpochTime": str(int(time.timestamp())) if time else "",
        }
        return {key: value for key, value in known.items() if value}
