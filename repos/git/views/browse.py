"""Folders, files and the way to them."""

import mimetypes
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from devopsweb.iam.http import Request
from devopsweb.ui import pages
from repos.git import access, commit_status
from repos.git.engine import highlight, markup
from repos.git.models import Repository
from repos.git.queries import history, listing, trees
from repos.git.queries.trees import Place
from repos.git.types import Entry
from repos.git.views import shell

RECENT = 6
FOUND = 200
IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/x-icon", "image/svg+xml"}
# What a repository holds is anyone's: it must not run as ours, whatever it calls itself.
RAW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def home(request: Request, repository: str) -> HttpResponse:
    """The default branch's files and README, or how to push the first commit."""
    target = access.repository(request.principal, repository, "GetRepository", "GetFolder")
    if not target.default_branch:
        return pages.render(
            request, "repos/empty.html", shell.context(request, target, tab="code"), parts={"start"}
        )
    return _folder(request, target, trees.find(target, target.default_branch))


def tree(request: Request, repository: str, revision: str) -> HttpResponse:
    """A folder; a file's address leads on to the file."""
    target = access.repository(request.principal, repository, "GetFolder")
    place = trees.find(target, revision)
    if place.kind == "commit":
        return redirect("repository-tree", repository=repository, revision=f"{place.revision}/{place.folder}")
    if place.kind != "tree":
        return redirect("repository-blob", repository=repository, revision=f"{place.revision}/{place.path}")
    return _folder(request, target, place)


def _folder(request: Request, target: Repository, place: Place) -> HttpResponse:
    rows = trees.entries(target, place)
    changes = trees.last_changes(target, place, rows)
    latest = history.log(target, place.commit.sha, limit=RECENT, path=place.path)
    context = shell.context(
        request,
        target,
        tab="code",
        place=place,
        crumbs=_crumbs(place),
        rows=[
            {"entry": row, "change": changes.get(row.name), "path": _join(place, row.name)} for row in rows
        ],
        latest=latest,
        statuses=commit_status.of(request.principal, target.name, [c.sha for c in latest]),
        branches=listing.branch_names(target),
    )
    if context["may"]["GetFile"]:
        context["readme"] = _readme(target, place, rows)
    return pages.render(request, "repos/tree.html", context, parts={"files", "recent"})


def _join(place: Place, name: str) -> str:
    return f"{place.path}/{name}" if place.path else name


def _crumbs(place: Place) -> list[tuple[str, str]]:
    """(name, path) of each folder above the place, and of itself."""
    parts = place.path.split("/") if place.path else []
    return [(part, "/".join(parts[: n + 1])) for n, part in enumerate(parts)]


def _readme(target: Repository, place: Place, rows: list[Entry]) -> dict[str, Any] | None:
    found = trees.readme(rows)
    if found is None:
        return None
    data = trees.content(target, found.sha) if trees.size(target, found.sha) <= markup.MAX_CHARACTERS else b""
    return {
        "name": found.name,
        "path": _join(place, found.name),
        "html": _marked_up(target, place, found.name, data),
    }


def _marked_up(target: Repository, place: Place, name: str, data: bytes) -> SafeString:
    def address(path: str, is_image: bool) -> str:
        view = "repository-raw" if is_image else "repository-tree"
        revision = f"{place.revision}/{path}" if path else place.revision
        return reverse(view, kwargs={"repository": target.name, "revision": revision})

    folder = place.path if place.kind == "tree" else place.folder
    return markup.render(data.decode(errors="replace"), name=name, folder=folder, address=address)


def blob(request: Request, repository: str, revision: str) -> HttpResponse:
    """A file."""
    target = access.repository(request.principal, repository, "GetFile")
    place = trees.find(target, revision)
    if place.kind in {"tree", "commit"}:
        return redirect("repository-tree", repository=repository, revision=f"{place.revision}/{place.path}")
    newest = history.log(target, place.commit.sha, limit=1, path=place.path)
    context = shell.context(
        request,
        target,
        tab="code",
        place=place,
        crumbs=_crumbs(place),
        newest=newest[0] if newest else place.commit,
        branches=listing.branch_names(target),
        **_shown(target, place, plain=request.GET.get("plain") == "1"),
    )
    return pages.render(request, "repos/blob.html", context)


def _shown(target: Repository, place: Place, *, plain: bool) -> dict[str, Any]:
    """How the file appears: an image, text in lines, rendered Markdown, or a reason why not."""
    if _type(place.name) in IMAGES:
        return {"image": True}
    if place.size > trees.MAX_SHOWN:
        return {"too_large": True}
    data = trees.content(target, place.sha)
    if b"\0" in data[:8000]:
        return {"binary": True}
    rendered = markup.is_markdown(place.name)
    if rendered and not plain:
        return {"rendered": True, "html": _marked_up(target, place, place.name, data)}
    text = data.decode(errors="replace").replace("\r\n", "\n")
    lines = highlight.lines(place.name, text)
    if lines and not lines[-1]:
        lines.pop()
    return {"lines": lines, "has_rendering": rendered}


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or ""


def raw(request: Request, repository: str, revision: str) -> HttpResponseBase:
    """A file's bytes, as a type that no browser runs."""
    target = access.repository(request.principal, repository, "GetFile")
    place = trees.find(target, revision)
    if place.kind not in {"blob", "link"}:
        return redirect("repository-tree", repository=repository, revision=f"{place.revision}/{place.path}")
    guessed = _type(place.name)
    shown_as = guessed if guessed in IMAGES else "text/plain; charset=utf-8"
    response = StreamingHttpResponse(trees.stream(target, place.sha), content_type=shown_as)
    kind = "attachment" if request.GET.get("download") == "1" else "inline"
    response["Content-Disposition"] = f"{kind}; filename*=UTF-8''{quote(place.name)}"
    response["Content-Length"] = str(place.size)
    response["Content-Security-Policy"] = RAW_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def find(request: Request, repository: str, revision: str) -> HttpResponse:
    """Files whose path holds some words."""
    target = access.repository(request.principal, repository, "GetFolder")
    place = trees.find(target, revision)
    wanted = request.GET.get("q", "").strip()
    found, more = trees.paths(target, place.commit, containing=wanted, limit=FOUND) if wanted else ([], False)
    context = shell.context(request, target, tab="code", place=place, wanted=wanted, found=found, more=more)
    return pages.render(request, "repos/find.html", context)
