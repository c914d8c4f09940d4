"""Away to the provider, and back."""

from dataclasses import asdict
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from devopsweb.iam import openid
from devopsweb.iam.actions import sessions
from devopsweb.iam.middleware import source_ip
from devopsweb.iam.sso import actions, flow
from devopsweb.iam.sso.models import SignInProvider
from devopsweb.iam.views.entering import proceed
from devopsweb.kernel import clock
from devopsweb.kernel.errors import DevOpsWebError

log = structlog.get_logger(__name__)
_ATTEMPT = "sso_attempt"
_MULTIPLE = {"mfa", "otp", "hwk", "fpt"}


@never_cache
@require_GET
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the browser to the provider; by a link, as our content policy lets forms lead nowhere else."""
    provider = get_object_or_404(SignInProvider, slug=slug, enabled=True)
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    try:
        away, attempt = flow.begin(provider, return_to=_return_to(slug), next_page=wanted if safe else "/")
    except DevOpsWebError as error:
        return _failed(request, provider, error)
    request.session[_ATTEMPT] = asdict(attempt)
    return redirect(away)


@never_cache
def back(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody comes back from the provider."""
    provider = get_object_or_404(SignInProvider, slug=slug, enabled=True)
    kept = request.session.pop(_ATTEMPT, None)
    if not kept or kept["provider"] != slug:
        messages.error(request, "That sign-in was begun in another browser, or too long ago. Begin again.")
        return redirect("login")
    attempt, at = flow.Attempt(**kept), clock.now()
    try:
        claims = flow.finish(provider, attempt, request.GET.dict(), return_to=_return_to(slug))
        user = actions.sign_in(provider=provider, claims=claims, at=at)
    except DevOpsWebError as error:
        return _failed(request, provider, error)
    return proceed(
        request, user, next_page=attempt.next_page, at=at,
        code_given=bool(_given_factors(claims) & _MULTIPLE), with_password=False,
    )  # fmt: skip


def _given_factors(claims: dict[str, Any]) -> set[str]:
    """How the provider knew them (``amr``, RFC 8176)."""
    given = claims.get("amr")
    return {str(one) for one in given} if isinstance(given, list) else set()


def _return_to(slug: str) -> str:
    return settings.DEVOPSWEB_BASE_URL + reverse("sso-back", kwargs={"slug": slug})


def _failed(request: HttpRequest, provider: SignInProvider, error: DevOpsWebError) -> HttpResponse:
    log.warning("single sign-on failed", provider=provider.slug, reason=str(error))
    sessions.refuse(username="", source_ip=source_ip(request), at=clock.now())
    known = isinstance(error, actions.NotWelcome | openid.TokenRefused)
    messages.error(
        request, str(error) if known else f"{provider.name} can't be asked now. Try again, or use a password."
    )
    return redirect("login")
