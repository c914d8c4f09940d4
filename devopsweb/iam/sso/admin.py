"""Providers and links in the admin panel."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from devopsweb.iam import openid
from devopsweb.iam.actions import administrators
from devopsweb.iam.panel import ModelAdmin
from devopsweb.iam.sso.models import ExternalIdentity, SignInProvider
from devopsweb.kernel import clock, sealing
from devopsweb.kernel.errors import DevOpsWebError


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks the issuer before it is saved; the secret goes in and never comes out."""

    issuer = forms.URLField(
        max_length=255, assume_scheme="https", help_text=SignInProvider._meta.get_field("issuer").help_text
    )
    client_secret = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the present one; none for public clients.",
    )

    class Meta:
        model = SignInProvider
        fields = (
            "name", "slug", "issuer", "client_id", "client_secret", "scopes", "username_claim",
            "groups_claim", "groups", "create_users", "link_existing", "enabled",
        )  # fmt: skip

    def clean_issuer(self) -> str:
        """The issuer must answer as one."""
        issuer = str(self.cleaned_data["issuer"])
        try:
            openid.check_issuer(issuer)
            openid.configuration(issuer)
        except DevOpsWebError as error:
            raise forms.ValidationError(str(error)) from None
        return issuer


class WayIn(ModelAdmin):
    """What an administrator may sign in by: no change takes the last way in. Raises ``LastAdministrator``."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The panel's form is one transaction."""
        super().save_model(request, obj, form, change)
        administrators.keep_a_way_in()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one."""
        with transaction.atomic():
            super().delete_model(request, obj)
            administrators.keep_a_way_in()

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Delete several."""
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            administrators.keep_a_way_in()


@admin.register(SignInProvider)
class ProviderAdmin(WayIn):
    """Sign-in providers."""

    form = ProviderForm
    list_display = ["name", "issuer", "create_users", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "slug", "issuer"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["groups"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Seal the secret."""
        if secret := form.cleaned_data.get("client_secret"):
            obj.sealed_client_secret = sealing.seal(secret)
        super().save_model(request, obj, form, change)


@admin.register(ExternalIdentity)
class IdentityAdmin(WayIn):
    """Who of theirs is who of ours; to link somebody by hand, add the subject that the provider shows."""

    list_display = ["user", "provider", "subject", "linked_at"]
    list_filter = ["provider"]
    search_fields = ["subject", "user__username"]
    autocomplete_fields = ["user"]
    exclude = ["linked_at"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note when."""
        obj.linked_at = obj.linked_at or clock.now()
        super().save_model(request, obj, form, change)
