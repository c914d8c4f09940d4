"""The admin panel: Django's, in the product's look."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

_NAMES = {
    "Django_Rq": "Jobs",
    "Django-RQ": "Queues and workers",
    "Password policies": "Password policy",
}


# What an operator comes for first; the rest follows by name.
_FIRST = ("iam", "mfa", "sso", "sts")


class DevOpsWebAdmin(AdminSite):
    """What operators keep."""

    site_header = "DevOpsWeb"
    site_title = "DevOpsWeb"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever a policy lets in (``iam:GetAccountSummary``), and administrators."""
        user = request.user
        return user.is_active and user.has_perm("iam.view_accountsummary")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The product's sign-in page; who is signed in and still comes here lacks the permission."""
        if request.user.is_authenticated:
            # Asked here and not at import time: the API needs the models, the site comes before them.
            from devopsweb.iam import api  # noqa: PLC0415

            principal = api.principal_of(request.user)
            if principal is not None:
                api.require(principal, "iam:GetAccountSummary", "*")
        query = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse('login')}?{query}")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models, with names that an operator knows."""
        found = super().get_app_list(request, app_label)
        for app in found:
            app["name"] = _NAMES.get(app["name"], app["name"])
            for model in app["models"]:
                model["name"] = _NAMES.get(model["name"], model["name"])
        return sorted(found, key=lambda app: (app["app_label"] not in _FIRST, app["name"].lower()))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page, with what operators should know about this machine."""
        from devopsweb.sandbox import api as sandbox  # noqa: PLC0415  tried once, when first asked

        return super().index(
            request, {**(extra_context or {}), "sandbox": sandbox.capability(), "health": "/healthz"}
        )


class DevOpsWebAdminConfig(AdminConfig):
    """Makes ``DevOpsWebAdmin`` the site that ``admin.site`` names."""

    default_site = "devopsweb.iam.admin_site.DevOpsWebAdmin"
