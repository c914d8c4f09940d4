"""The forms of identity in the admin panel."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm

from devopsweb.iam import principal_check, quotas, trust
from devopsweb.iam.actions import administrators, roles
from devopsweb.iam.errors import LastAdministrator, MalformedPolicyDocument
from devopsweb.iam.forms import EXAMPLE, JSONText
from devopsweb.iam.models import PasswordPolicy

_HOURS = [(hours * 3600, f"{hours} hour{'s' if hours > 1 else ''}") for hours in range(1, 13)]


def _say(form: forms.BaseForm, name: str, label: str, help_text: str = "") -> None:
    """Name a field, if whoever looks may change it."""
    if field := form.fields.get(name):
        field.label, field.help_text = label, help_text


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """Keeps the last administrator; says what the switches do here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", "E-mail address")
        _say(self, "is_active", "Active", "May sign in and use git. Switch it off instead of deleting.")
        _say(
            self, "is_superuser", "Administrator", "May do everything: no policy and no boundary limits them."
        )
        _say(
            self, "permissions_boundary", "Permissions boundary", "No other policy gives more than this one."
        )
        _say(self, "password_reset_required", "Must change the password at the next sign-in")

    def clean(self) -> dict[str, Any]:
        """Refuse to leave the installation without an administrator."""
        given: dict[str, Any] = super().clean() or {}
        still = given.get("is_superuser", self.instance.is_superuser)
        if not (still and given.get("is_active", self.instance.is_active)):
            try:
                administrators.keep_one(without=self.instance)
            except LastAdministrator as error:
                raise forms.ValidationError(str(error)) from None
        return given


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Somebody must still be able to get in when a password is switched off."""

    def clean(self) -> dict[str, Any]:
        """Refuse to take the last way in."""
        given: dict[str, Any] = super().clean() or {}
        if not given.get("set_usable_password", True):
            try:
                administrators.keep_a_way_in(without_password_of=self.user)
            except LastAdministrator as error:
                self.add_error("usable_password", str(error))
        return given


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    """The trust policy as JSON in IAM's grammar."""

    trust_policy = JSONText(
        initial=lambda: trust.document("codebuild"),
        help_text="Who may assume the role. The pages under Access offer other documents to begin with.",
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField json", "spellcheck": "false"}),
        max_length=30_000,
        kind="trust",
    )
    max_session_seconds = forms.TypedChoiceField(
        label="Longest session",
        coerce=int,
        initial=roles.SHORTEST_SESSION,
        choices=_HOURS,
    )

    def clean_trust_policy(self) -> Any:
        """Principals that were just written must be there."""
        given = self.cleaned_data["trust_policy"]
        if given != self.instance.trust_policy:
            try:
                principal_check.require_there(given)
            except MalformedPolicyDocument as error:
                raise forms.ValidationError(str(error)) from None
        return given

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self, "permissions_boundary", "Permissions boundary", "No other policy gives more than this one."
        )
        present = self.instance.max_session_seconds if self.instance.pk else 0
        offered = self.fields["max_session_seconds"]
        if present % 3600 and isinstance(offered, forms.TypedChoiceField):
            # The API takes any number of seconds: what is there stays a choice.
            offered.choices = sorted([(present, f"{present} seconds"), *_HOURS])


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The document as JSON in IAM's grammar; mistakes are named with their path."""

    document = JSONText(
        initial=EXAMPLE,
        widget=forms.Textarea(attrs={"rows": 28, "class": "vLargeTextField json", "spellcheck": "false"}),
        max_length=30_000,
    )

    def clean(self) -> dict[str, Any]:
        """Five versions at most."""
        given: dict[str, Any] = super().clean() or {}
        changed = self.instance.pk and given.get("document", self.instance.document) != self.instance.document
        if changed and self.instance.versions.count() >= quotas.VERSIONS_PER_POLICY:
            raise forms.ValidationError(
                f"The policy has {quotas.VERSIONS_PER_POLICY} versions, the most there may be: delete one first."
            )
        return given


class PasswordPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Begins no weaker than the rules that hold without a policy."""

    minimum_length = forms.IntegerField(min_value=6, max_value=128, initial=10)
    users_may_change = forms.BooleanField(
        label="Users may change their own password", required=False, initial=True
    )
    max_age_days = forms.IntegerField(
        label="Days until a password expires",
        required=False,
        min_value=1,
        max_value=1095,
        help_text="Counts at once, for present passwords too. Empty: never.",
    )
    reuse_prevention = forms.IntegerField(
        label="Former passwords that may not come back",
        required=False,
        min_value=1,
        max_value=24,
        help_text="Empty: any may.",
    )

    class Meta:
        model = PasswordPolicy
        fields = (
            "minimum_length", "require_symbols", "require_numbers", "require_uppercase", "require_lowercase",
            "users_may_change", "max_age_days", "hard_expiry", "reuse_prevention",
        )  # fmt: skip
