"""What this machine isolates, in plain words."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from devopsweb.iam.http import Request
from devopsweb.sandbox import api as sandbox
from devopsweb.ui import pages
from pipelines.builds import access, queries


@require_safe
def show(request: Request) -> HttpResponse:
    """How builds are kept apart from the server, and what is not."""
    access.anything(request.principal, "codebuild:ListProjects")
    running, waiting = queries.load()
    context = {
        "able": sandbox.capability(),
        "places": settings.DEVOPSWEB_BUILD_CONCURRENCY,
        "running": running,
        "waiting": waiting,
    }
    return pages.render(request, "builds/machine.html", context)
