"""Branches and tags."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.ui import pages
from repos.git import access
from repos.git.actions import references
from repos.git.engine import names
from repos.git.forms import ReferenceForm
from repos.git.models import Repository
from repos.git.queries import branches as queries
from repos.git.queries import listing, revisions
from repos.git.views import shell

KINDS = {
    "branches": ("branch", names.BRANCHES, "ListBranches"),
    "tags": ("tag", names.TAGS, "GetReferences"),
}


@require_http_methods(["GET", "POST"])
def index(request: Request, repository: str, kind: str) -> HttpResponse:
    """The list, and the form for a new one."""
    _, prefix, action = KINDS[kind]
    target = access.repository(request.principal, repository, action)
    form = ReferenceForm(request.POST or None, initial={"source": target.default_branch})
    if request.method == "POST" and form.is_valid():
        try:
            _create(request, target, prefix, form)
        except (Conflict, Invalid) as error:
            form.add_error("source" if "no branch, tag" in str(error) else "name", str(error))
        else:
            messages.success(request, f"Created {form.cleaned_data['name']}.")
            return redirect("repository-references", repository=repository, kind=kind)
    return _page(request, target, kind, form)


def _page(request: Request, target: Repository, kind: str, form: ReferenceForm) -> HttpResponse:
    noun, prefix, _ = KINDS[kind]
    wanted = request.GET.get("q", "").strip()
    rows, more = queries.page(target, prefix, containing=wanted, start=_number(request.GET.get("start", "")))
    rights = access.may(request.principal, target, "CreateBranch", "DeleteBranch", "GitPush")
    context: dict[str, Any] = shell.context(
        request,
        target,
        tab=kind,
        kind=kind,
        noun=noun,
        rows=rows,
        next_start=more,
        wanted=wanted,
        form=form,
        branches=listing.branch_names(target),
        may_create=rights["CreateBranch" if kind == "branches" else "GitPush"],
        may_delete=rights["DeleteBranch" if kind == "branches" else "GitPush"],
    )
    return pages.render(
        request, "repos/references.html", context, parts={"rows"}, status=400 if form.errors else 200
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _create(request: Request, target: Repository, prefix: str, form: ReferenceForm) -> None:
    full_name = prefix + form.cleaned_data["name"]
    access.require_reference(request.principal, target, full_name)
    sha = revisions.resolve(target, form.cleaned_data["source"]).sha
    references.create(repository=target, name=full_name, sha=sha, principal=request.principal, at=clock.now())


@require_http_methods(["GET", "POST"])
def delete(request: Request, repository: str, kind: str, name: str) -> HttpResponse:
    """Ask, then delete."""
    noun, prefix, action = KINDS[kind]
    target = access.repository(request.principal, repository, action)
    access.require_reference(request.principal, target, prefix + name, deletes=True)
    if request.method == "POST":
        references.delete(repository=target, name=prefix + name, principal=request.principal, at=clock.now())
        messages.success(request, f"Deleted {name}.")
        return redirect("repository-references", repository=repository, kind=kind)
    row = queries.one(target, prefix + name)
    context = shell.context(request, target, tab=kind, kind=kind, noun=noun, row=row)
    return pages.render(request, "repos/delete_reference.html", context)
