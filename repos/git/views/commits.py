"""Histories, commits and comparisons."""

from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect

from devopsweb.iam.http import Request
from devopsweb.kernel.paging import InvalidToken
from devopsweb.ui import pages
from repos.git import access, commit_status
from repos.git.errors import RefNotFound
from repos.git.models import Repository
from repos.git.queries import differences, history, listing, revisions, trees
from repos.git.types import CommitInfo
from repos.git.views import shell

PAGE = 40
COMPARED = 250


def of_default_branch(request: Request, repository: str) -> HttpResponse:
    """The history of the default branch."""
    target = access.repository(request.principal, repository, "GetCommit")
    if not target.default_branch:
        return redirect("repository", repository=repository)
    return redirect("repository-commits", repository=repository, revision=target.default_branch)


def index(request: Request, repository: str, revision: str) -> HttpResponse:
    """The history of a branch, tag or commit, or of one path in it."""
    target = access.repository(request.principal, repository, "GetCommit")
    place = trees.find(target, revision)
    tip, skip = _position(request.GET.get("page", ""), place.commit.sha)
    found = history.log(target, tip, limit=PAGE + 1, skip=skip, path=place.path)
    shown = found[:PAGE]
    context = shell.context(
        request,
        target,
        tab="commits",
        place=place,
        commits=shown,
        statuses=commit_status.of(request.principal, target.name, [c.sha for c in shown]),
        next_page=signing.dumps([tip, skip + PAGE], salt="commits") if len(found) > PAGE else "",
        branches=listing.branch_names(target),
        is_first_page=not skip,
    )
    return pages.render(request, "repos/commits.html", context, parts={"commits"})


def _position(token: str, tip: str) -> tuple[str, int]:
    """Where a page begins: the tip is kept in the token, so that new pushes do not shift pages."""
    if not token:
        return tip, 0
    try:
        kept, skip = signing.loads(token, salt="commits")
    except signing.BadSignature:
        raise InvalidToken("The page token is not valid. Start again from the first page.") from None
    return str(kept), int(skip)


def show(request: Request, repository: str, sha: str) -> HttpResponse:
    """A commit and what it changed against its first parent."""
    target = access.repository(request.principal, repository, "GetCommit")
    commit = revisions.resolve(target, sha)
    if commit.sha != sha:
        return redirect("commit", repository=repository, sha=commit.sha)
    context = shell.context(
        request,
        target,
        tab="commits",
        commit=commit,
        statuses=commit_status.of(request.principal, target.name, [commit.sha]).get(commit.sha, []),
    )
    if context["may"]["GetDifferences"]:
        context |= _differences(target, commit.parents[0] if commit.parents else "", commit.sha)
    return pages.render(request, "repos/commit.html", context, parts={"statuses"})


def _differences(target: Repository, base: str, head: str) -> dict[str, Any]:
    files, total = differences.files(target, base=base, head=head)
    return {"files": files, "total": total, "hidden": total.files - len(files)}


def choose(request: Request, repository: str) -> HttpResponse:
    """The form that asks what to compare; its answer leads on to the comparison."""
    target = access.repository(request.principal, repository, "GetDifferences")
    base, head = request.GET.get("base", "").strip(), request.GET.get("head", "").strip()
    if base and head:
        return redirect("repository-comparison", repository=repository, base=base, head=head)
    return pages.render(
        request, "repos/compare.html", _chooser(request, target, base or target.default_branch, head)
    )


def _chooser(request: Request, target: Repository, base: str, head: str, **more: Any) -> dict[str, Any]:
    branches = listing.branch_names(target)
    return shell.context(request, target, tab="compare", base=base, head=head, branches=branches, **more)


def compare(request: Request, repository: str, base: str, head: str) -> HttpResponse:
    """What ``head`` has that ``base`` has not, seen from their common ancestor."""
    target = access.repository(request.principal, repository, "GetDifferences")
    try:
        old, new = revisions.resolve(target, base), revisions.resolve(target, head)
    except RefNotFound as error:
        context = _chooser(request, target, base, head, problem=str(error))
        return pages.render(request, "repos/compare.html", context, status=404)
    ancestor = history.merge_base(target, base=old.sha, head=new.sha)
    commits: list[CommitInfo] = history.between(target, base=old.sha, head=new.sha, limit=COMPARED)
    context = _chooser(
        request,
        target,
        base,
        head,
        compared=True,
        ancestor=ancestor,
        commits=commits,
        statuses=commit_status.of(request.principal, target.name, [c.sha for c in commits]),
        **_differences(target, ancestor, new.sha),
    )
    return pages.render(request, "repos/compare.html", context)
