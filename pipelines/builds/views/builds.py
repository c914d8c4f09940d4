"""Builds: the list, one build with its log, and what can be done about it."""

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from devopsweb.blobs import api as blobs
from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.kernel.paging import page as paged
from devopsweb.ui import pages
from pipelines.builds import access, presentation, queries
from pipelines.builds.actions import builds as actions
from pipelines.builds.errors import ArtifactNotFound
from pipelines.builds.forms import FilterForm, StopForm

PAGE = 30
PARTS = {"head", "alerts", "phases", "side"}


@require_safe
def index(request: Request) -> HttpResponse:
    """All builds that the caller may see, newest first, and the projects."""
    access.anything(request.principal, "codebuild:ListBuilds")
    form = FilterForm(request.GET)
    chosen = form.chosen()
    names = access.visible(request.principal, queries.project_names())
    found = queries.builds(names=names, text=chosen["q"], status=chosen["status"])
    page = paged(found, token=request.GET.get("after", ""), size=PAGE)
    context = {
        "page": page,
        "rows": [presentation.line(row) for row in page.rows],
        "projects": queries.projects(names),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "statuses": FilterForm.STATUSES,
        "may_create": iam.is_allowed(
            request.principal, "codebuild:CreateProject", arn("codebuild", "project/*")
        ),
    }
    return pages.render(request, "builds/index.html", context, parts={"list", "projects"})


@require_safe
def show(request: Request, project: str, number: int) -> HttpResponse:
    """One build."""
    row = access.build(request.principal, project, number, "codebuild:BatchGetBuilds")
    context = presentation.page(row, request.principal, now=clock.now())
    return pages.render(request, "builds/build.html", {**context, "stop_form": StopForm()}, parts=PARTS)


@require_POST
def stop(request: Request, project: str, number: int) -> HttpResponse:
    """Stop a build."""
    row = access.build(request.principal, project, number, "codebuild:StopBuild")
    form = StopForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    by = f"Stopped by {request.principal.name}"
    words = f"{by}: {reason}" if reason else f"{by}."
    actions.stop(row, principal=request.principal, at=clock.now(), reason=words)
    return redirect(row.get_absolute_url())


@require_POST
def retry(request: Request, project: str, number: int) -> HttpResponse:
    """Run a build again as a new one."""
    row = access.build(request.principal, project, number, "codebuild:RetryBuild")
    again = actions.retry(row, principal=request.principal, at=clock.now())
    messages.success(request, f"#{again.number} repeats #{row.number} with the same source and settings.")
    return redirect(again.get_absolute_url())


@require_safe
def raw(request: Request, project: str, number: int) -> HttpResponse:
    """The log as text (logs ask for their own permission)."""
    row = access.build(request.principal, project, number, "codebuild:BatchGetBuilds")
    return redirect(f"/logs/streams/{row.log_stream_id}/raw")


@require_safe
def artifact(request: Request, project: str, number: int, name: str) -> HttpResponseBase:
    """One artifact as a zip file."""
    row = access.build(request.principal, project, number, "codebuild:BatchGetBuilds")
    digest = row.artifacts.get(name)
    if digest is None:
        raise ArtifactNotFound(f"{row.project_name} #{row.number} has no artifact {name!r}.")
    file = blobs.path(digest).open("rb")
    return FileResponse(
        file, as_attachment=True, filename=f"{project}-{number}-{name}.zip", content_type="application/zip"
    )
