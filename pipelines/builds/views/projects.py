"""Build projects: one project, its settings, and starting a build."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.kernel.paging import page as paged
from devopsweb.ui import pages
from pipelines.builds import access, presentation, queries
from pipelines.builds.actions import builds, roles
from pipelines.builds.actions import projects as actions
from pipelines.builds.engine.buildspec import looks_inline
from pipelines.builds.errors import InvalidProject, ProjectAlreadyExists
from pipelines.builds.forms import FilterForm, ProjectForm, StartForm
from pipelines.builds.models import Project
from repos.git import api as git

PAGE = 30


@require_safe
def show(request: Request, project: str) -> HttpResponse:
    """A project with its builds; of a deleted project its builds are left."""
    access.project_name(request.principal, project, "codebuild:BatchGetProjects")
    row = queries.project_or_none(project)
    status = FilterForm(request.GET).chosen()["status"]
    page = paged(
        queries.builds(names=[project], status=status), token=request.GET.get("after", ""), size=PAGE
    )
    if row is None and not page.rows and not status:
        queries.project(project)
    context = {
        "name": project,
        "project": row,
        "page": page,
        "rows": [presentation.line(build) for build in page.rows],
        "status": status,
        "statuses": FilterForm.STATUSES,
        "record": queries.record(project),
        "environment": presentation.masked(row.environment) if row else [],
        "inline_spec": row is not None and looks_inline(row.buildspec),
        **_may(request, project),
    }
    return pages.render(request, "builds/project.html", context, parts={"list"})


def _may(request: Request, name: str) -> dict[str, bool]:
    resource = arn("codebuild", f"project/{name}")
    words = {"may_start": "StartBuild", "may_edit": "UpdateProject", "may_delete": "DeleteProject"}
    return {
        key: iam.is_allowed(request.principal, f"codebuild:{word}", resource) for key, word in words.items()
    }


def start(request: Request, project: str) -> HttpResponse:
    """Start a build; the page lets one build differ from the project."""
    row = access.project(request.principal, project, "codebuild:StartBuild")
    if request.method != "POST":
        return _start_page(request, row, StartForm(initial={"source_version": row.source_version}))
    form = StartForm(request.POST)
    if not form.is_valid():
        return _start_page(request, row, form)
    build = builds.start(
        project=row.name,
        principal=request.principal,
        initiator=request.principal.name,
        at=clock.now(),
        **form.overrides(row),
    )
    return redirect(build.get_absolute_url())


def _start_page(request: Request, row: Project, form: StartForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return pages.render(request, "builds/start.html", {"project": row, "form": form}, status=status)


def create(request: Request) -> HttpResponse:
    """A new project."""
    access.anything(request.principal, "codebuild:CreateProject")
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            actions.create(name=name, principal=request.principal, at=clock.now(), **form.settings())
        except (InvalidProject, ProjectAlreadyExists, iam.RoleNotAssumable) as error:
            form.blame(error)
        else:
            return redirect("build-project", project=name)
    return _settings_page(request, None, form)


def edit(request: Request, project: str) -> HttpResponse:
    """A project's settings."""
    row = access.project(request.principal, project, "codebuild:UpdateProject")
    form = _form(request, row)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update(row, principal=request.principal, at=clock.now(), **form.settings())
        except (InvalidProject, iam.RoleNotAssumable) as error:
            form.blame(error)
        else:
            messages.success(request, f"The settings of {row.name} are saved. Running builds keep theirs.")
            return redirect("build-project", project=row.name)
    return _settings_page(request, row, form)


def _form(request: Request, row: Project | None) -> ProjectForm:
    repositories = [repository.name for repository in git.repositories_of(request.principal)]
    data = request.POST if request.method == "POST" else None
    choices = roles.choices(request.principal, row.service_role if row else "")
    return ProjectForm(data, project=row, repositories=repositories, roles=choices)


def _settings_page(request: Request, row: Project | None, form: ProjectForm) -> HttpResponse:
    may_delete = row is not None and iam.is_allowed(request.principal, "codebuild:DeleteProject", row.arn)
    context = {"project": row, "form": form, "may_delete": may_delete}
    return pages.render(request, "builds/settings.html", context, status=400 if form.errors else 200)


@require_POST
def delete(request: Request, project: str) -> HttpResponse:
    """Delete a project; its builds stay."""
    row = access.project(request.principal, project, "codebuild:DeleteProject")
    if request.POST.get("name", "") != row.name:
        messages.error(request, f"Nothing was deleted: type {row.name} to delete it.")
        return redirect("build-project-edit", project=row.name)
    actions.delete(row, principal=request.principal)
    messages.success(request, f"{row.name} is deleted. Its builds and their logs stay.")
    return redirect("builds")
