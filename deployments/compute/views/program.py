"""The agent's program and its installer; open to everybody, for they hold no secret."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deployments.compute.adapters import pyz


@login_not_required
@require_safe
def install(request: HttpRequest) -> HttpResponse:
    """The shell script that ``curl … | sh`` runs."""
    context = {"server": settings.DEVOPSWEB_BASE_URL.rstrip("/"), "program": pyz.build()}
    return render(
        request, "deployments/agent/install.sh", context, content_type="text/x-shellscript; charset=utf-8"
    )


@login_not_required
@require_safe
def agent(request: HttpRequest) -> HttpResponse:
    """The agent itself; version and SHA-256 stand in the headers."""
    program = pyz.build()
    response = HttpResponse(program.data, content_type="application/zip")
    response["X-Agent-Version"] = program.version
    response["X-Agent-SHA256"] = program.sha256
    response["ETag"] = f'"{program.sha256}"'
    return response
