"""Renders pages and their live parts."""

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as django_render
from django.urls import reverse
from django.utils.http import urlencode

from devopsweb.iam import api as iam

# Each rendering masks the token anew; that alone is no change.
_CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    parts: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """The page ``template``, or with ``?part=name`` only its ``{% partialdef name %}``.

    A part that the browser has already (``HX-PTag`` request header) answers 304, so that a
    live page costs next to nothing while nothing changes. Unknown parts render the page.
    """
    part = request.GET.get("part", "")
    if part not in parts:
        return django_render(request, template, dict(context), status=status)
    return fragment(request, f"{template}#{part}", context)


def fragment(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """One part of a page, or 304 when the browser has it as it is."""
    response = django_render(request, template, dict(context))
    tag = hashlib.sha256(_CSRF.sub(b"", response.content)).hexdigest()[:20]
    if request.headers.get("HX-PTag") == tag:
        response = HttpResponse(status=304)
    response["HX-PTag"] = tag
    response["Cache-Control"] = "no-store"
    return response


def where_to_grant(principal: iam.Principal, decision: iam.Decision) -> str:
    """The address that a refused user sends to whom they ask: the simulator, which leads on to the policies."""
    asked = urlencode({"who": principal.name, "action": decision.action, "resource": decision.resource})
    return f"{settings.DEVOPSWEB_BASE_URL}{reverse('simulate')}?{asked}"
