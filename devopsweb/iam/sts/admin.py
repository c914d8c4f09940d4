"""Issuers that roles may trust, in the admin panel."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from devopsweb.iam.http import asker
from devopsweb.iam.panel import ModelAdmin
from devopsweb.iam.sts import providers
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel import clock
from devopsweb.kernel.errors import DevOpsWebError


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """One audience per line."""

    audiences = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The aud of the tokens that are taken, one per line; sts.amazonaws.com for most CI services.",
    )

    class Meta:
        model = OpenIdProvider
        fields = ("issuer", "audiences")
        help_texts = {"issuer": "The iss of the tokens: an https address."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audiences"].initial = "\n".join(self.instance.client_ids)

    def clean_issuer(self) -> str:
        """An address that tokens may come from, and none that is there already."""
        issuer = str(self.cleaned_data["issuer"])
        try:
            name = providers.name_of(issuer)
        except DevOpsWebError as error:
            raise forms.ValidationError(str(error)) from None
        if OpenIdProvider.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"There is a provider for {name} already.")
        return issuer

    def clean_audiences(self) -> list[str]:
        """The lines that say something."""
        return [line.strip() for line in str(self.cleaned_data["audiences"]).splitlines() if line.strip()]


@admin.register(OpenIdProvider)
class ProviderAdmin(ModelAdmin):
    """Issuers."""

    form = ProviderForm
    list_display = ["name", "audiences", "created_at"]
    search_fields = ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The address of an issuer is its name."""
        return ["issuer"] if obj else []

    @admin.display(description="Audiences")
    def audiences(self, obj: OpenIdProvider) -> str:
        """In one line."""
        return ", ".join(obj.client_ids)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the same verbs as the API."""
        by, at, wanted = asker(request), clock.now(), form.cleaned_data["audiences"]
        if not change:
            made = providers.create(url=obj.issuer, client_ids=wanted, thumbprints=[], by=by, at=at)
            obj.pk = made.pk
            return
        providers.set_clients(provider=obj, client_ids=wanted, by=by, at=at)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete and tell."""
        providers.delete(provider=obj, by=asker(request), at=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[OpenIdProvider]") -> None:
        """One by one, so that each is told."""
        for provider in queryset:
            self.delete_model(request, provider)
