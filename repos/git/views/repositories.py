"""The list of repositories; creating, changing and deleting one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.ui import pages
from repos.git import access
from repos.git.actions import repositories
from repos.git.errors import RepositoryNameExists
from repos.git.forms import DescriptionForm, NameForm, RepositoryForm
from repos.git.models import Repository
from repos.git.queries import listing
from repos.git.views import shell

SETTINGS_RIGHTS = (
    "UpdateRepositoryDescription",
    "UpdateRepositoryName",
    "UpdateDefaultBranch",
    "DeleteRepository",
)


def index(request: Request) -> HttpResponse:
    """All repositories that the caller may see."""
    access.require_listing(request.principal)
    query = request.GET.get("q", "").strip()
    found = access.visible(request.principal, containing=query, after=request.GET.get("after", ""))
    rows, more = listing.page(found, access.PAGE)
    context = {
        "rows": rows,
        "more": more,
        "query_text": query,
        "may_create": iam.is_allowed(
            request.principal, "codecommit:CreateRepository", arn("codecommit", "*")
        ),
    }
    return pages.render(request, "repos/list.html", context, parts={"rows"})


@require_http_methods(["GET", "POST"])
def create(request: Request) -> HttpResponse:
    """The form for a new repository."""
    name = request.POST.get("name", "").strip() or "*"
    iam.require(request.principal, "codecommit:CreateRepository", arn("codecommit", name))
    form = RepositoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = repositories.create(**form.cleaned_data, principal=request.principal, at=clock.now())
        except RepositoryNameExists as error:
            form.add_error("name", str(error))
        else:
            return redirect("repository", repository=made.name)
    return pages.render(request, "repos/create.html", {"form": form}, status=400 if form.errors else 200)


def settings(request: Request, repository: str) -> HttpResponse:
    """The forms that change a repository."""
    target = access.repository(request.principal, repository, "GetRepository")
    return _settings(request, target, name=None, description=None)


def _settings(
    request: Request, target: Repository, *, name: NameForm | None, description: DescriptionForm | None
) -> HttpResponse:
    context = shell.context(
        request,
        target,
        tab="settings",
        name_form=name or NameForm({"name": target.name}),
        description_form=description or DescriptionForm({"description": target.description}),
        branches=listing.branch_names(target),
        rights=access.may(request.principal, target, *SETTINGS_RIGHTS),
    )
    invalid = bool(name or description)
    return pages.render(request, "repos/settings.html", context, status=400 if invalid else 200)


@require_POST
def rename(request: Request, repository: str) -> HttpResponse:
    """Give the repository another name."""
    target = access.repository(request.principal, repository, "UpdateRepositoryName")
    form = NameForm(request.POST)
    if form.is_valid():
        new = form.cleaned_data["name"]
        try:
            repositories.rename(repository=target, name=new, principal=request.principal, at=clock.now())
        except RepositoryNameExists as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"Renamed {repository} to {new}. Update the address in your clones.")
            return redirect("repository-settings", repository=new)
    return _settings(request, target, name=form, description=None)


@require_POST
def describe(request: Request, repository: str) -> HttpResponse:
    """Change the description."""
    target = access.repository(request.principal, repository, "UpdateRepositoryDescription")
    form = DescriptionForm(request.POST)
    if not form.is_valid():
        return _settings(request, target, name=None, description=form)
    repositories.describe(
        repository=target,
        description=form.cleaned_data["description"],
        principal=request.principal,
        at=clock.now(),
    )
    messages.success(request, "Saved the description.")
    return redirect("repository-settings", repository=repository)


@require_POST
def default_branch(request: Request, repository: str) -> HttpResponse:
    """Make another branch the default."""
    target = access.repository(request.principal, repository, "UpdateDefaultBranch")
    branch = request.POST.get("branch", "")
    repositories.set_default_branch(
        repository=target, branch=branch, principal=request.principal, at=clock.now()
    )
    messages.success(request, f"{branch} is the default branch now.")
    return redirect("repository-settings", repository=repository)


@require_http_methods(["GET", "POST"])
def delete(request: Request, repository: str) -> HttpResponse:
    """Ask, then delete."""
    target = access.repository(request.principal, repository, "DeleteRepository")
    wrong = False
    if request.method == "POST":
        if request.POST.get("name") == target.name:
            repositories.delete(repository=target, principal=request.principal, at=clock.now())
            messages.success(request, f"Deleted {repository}.")
            return redirect("repositories")
        wrong = True
    context = shell.context(request, target, tab="settings", wrong=wrong)
    return pages.render(request, "repos/delete.html", context, status=400 if wrong else 200)
