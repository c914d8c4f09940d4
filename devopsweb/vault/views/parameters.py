"""Pages of parameters: the hierarchy, one parameter, and the forms that change it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel import tags as kernel_tags
from devopsweb.kernel.errors import Conflict, DevOpsWebError, Invalid
from devopsweb.kernel.paging import Page, page
from devopsweb.vault import access, queries, reading
from devopsweb.vault.actions import parameters
from devopsweb.vault.forms import LabelForm, ParameterForm, TagsForm, tag_lines
from devopsweb.vault.models import Parameter
from devopsweb.vault.models.parameters import TYPES

PAGE = 50
VERSIONS = 20
_VERBS = ("PutParameter", "DeleteParameter", "LabelParameterVersion", "AddTagsToResource", "GetParameter")


def listing(request: Request) -> HttpResponse:
    """The parameters on one level of the hierarchy, or those that a search finds."""
    access.may_list_parameters(request.principal)
    text, kind = request.GET.get("q", "").strip()[:200], request.GET.get("type", "")
    path = "/" + request.GET.get("path", "/").strip("/")
    rows, folders = _found(text, kind, path)
    context = {
        "page": _paged(request, rows),
        "folders": [] if request.GET.get("after") else folders,
        "levels": _levels(path),
        "path": path,
        "q": text,
        "type": kind,
        "types": TYPES,
        "total": Parameter.objects.count(),
    }
    return render(request, "vault/parameters.html", context)


def _found(text: str, kind: str, path: str) -> "tuple[QuerySet[Parameter], list[tuple[str, str, int]]]":
    """The rows, and the levels below with the number of parameters in each; a filter looks at all levels."""
    within = queries.below(path, recursive=True)
    if text or kind in TYPES:
        rows = within.filter(name__icontains=text) if text else within
        return (rows.filter(type=kind) if kind in TYPES else rows), []
    folders = queries.folders(within.values_list("name", flat=True), path)
    named = [(level, level.rpartition("/")[2], count) for level, count in folders.items()]
    return queries.below(path, recursive=False), named


def _paged(request: Request, rows: "QuerySet[Parameter]") -> Page[Parameter]:
    return page(rows, token=request.GET.get("after", ""), size=PAGE, key="name", ascending=True)


def _levels(path: str) -> list[tuple[str, str]]:
    """``(path, word)`` of each level above and of ``path`` itself."""
    words = path.strip("/").split("/") if path != "/" else []
    return [("/" + "/".join(words[: index + 1]), word) for index, word in enumerate(words)]


@never_cache
def detail(request: Request, resource: str) -> HttpResponse:
    """One parameter; its value only when it is asked for by POST (``reveal``: a version's number)."""
    row = access.listed_parameter(request.principal, resource)
    shown: dict[str, Any] = {}
    number = request.POST.get("reveal", "")
    if number.isascii() and number.isdigit():
        text = reading.parameter_text(request.principal, f"{row.arn}:{number}")
        shown = {"revealed": number, "which": f"version {number}", "text": text}
    return _page(request, row, shown)


def _page(request: Request, row: Parameter, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    versions = row.versions.prefetch_related("labels").defer("sealed_key", "ciphertext")
    context = {
        "parameter": row,
        "page": page(versions, token=request.GET.get("after", ""), size=VERSIONS, key="number"),
        "levels": _levels(row.path),
        "last": row.name.rpartition("/")[2],
        "labels": row.labels.select_related("version").order_by("name"),
        "may": {verb: access.may_parameter(request.principal, row, f"ssm:{verb}") for verb in _VERBS},
        "tags_form": TagsForm(initial={"tags": tag_lines(row.tags)}),
        **more,
    }
    return render(request, "vault/parameter.html", context, status=status)


@never_cache
def create(request: Request) -> HttpResponse:
    """The form of a new parameter."""
    if request.method != "POST":
        access.may_list_parameters(request.principal)
        start = request.GET.get("path", "").rstrip("/")
        return _form(
            request,
            ParameterForm(initial={"name": start + "/" if start else "", "type": "SecureString"}),
            None,
        )
    form = ParameterForm(request.POST)
    if not form.is_valid():
        access.may_try_parameter(request.principal, request.POST.get("name", ""))
        return _form(request, form, None)
    return _put(request, form, None)


@never_cache
def edit(request: Request, resource: str) -> HttpResponse:
    """The form of a parameter's next version."""
    row = access.page_parameter(request.principal, resource, "ssm:PutParameter")
    if request.method == "POST":
        form = ParameterForm(request.POST, editing=True)
        return _put(request, form, row) if form.is_valid() else _form(request, form, row)
    fields = ("description", "tier", "allowed_pattern", "key_id")
    form = ParameterForm(initial={name: getattr(row, name) for name in fields}, editing=True)
    return _form(request, form, row)


def _put(request: Request, form: ParameterForm, row: Parameter | None) -> HttpResponse:
    try:
        present = _present(row) if row and not form.cleaned_data["secret_value"] else ""
        spec = form.spec(name=row.name if row else "", present=present)
        access.may_put_parameter(
            request.principal, spec.name, tagged=False, overwrite=spec.overwrite, key_id=spec.key_id
        )
        made = parameters.put(spec, by=request.principal, at=clock.now())
    except (Invalid, Conflict) as error:
        form.add_error(_field(error, form), str(error))
        return _form(request, form, row)
    messages.success(request, f"{made.name} has version {made.version} now.")
    return redirect(made)


def _present(row: Parameter) -> str:
    return queries.text_of(row, parameters.version_of(row, None), decrypt=True)


def _field(error: DevOpsWebError, form: ParameterForm) -> str | None:
    """The field that an error is about."""
    named = {
        "ParameterPatternMismatchException": "secret_value",
        "InvalidAllowedPatternException": "allowed_pattern",
        "ParameterAlreadyExists": "name",
        "HierarchyLevelLimitExceededException": "name",
    }.get(getattr(error, "code", ""))
    return named if named in form.fields else None


def _form(request: Request, form: ParameterForm, row: Parameter | None) -> HttpResponse:
    context = {"form": form, "parameter": row}
    return render(request, "vault/parameter_form.html", context, status=422 if form.errors else 200)


@require_POST
def labels(request: Request, resource: str) -> HttpResponse:
    """Put labels on a version, or take one off (``remove``)."""
    removing = "remove" in request.POST
    verb = "UnlabelParameterVersion" if removing else "LabelParameterVersion"
    row = access.page_parameter(request.principal, resource, f"ssm:{verb}")
    form = LabelForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Name a label and the version that gets it.")
        return redirect(row)
    number, at = form.cleaned_data["version"], clock.now()
    if removing:
        parameters.unlabel(row, form.names(), number=number, by=request.principal, at=at)
        return redirect(row)
    _, invalid = parameters.label(row, form.names(), number=number, by=request.principal, at=at)
    for name in invalid:
        rule = "begin with a letter, go on with letters, digits and . - _, and do not begin with aws or ssm"
        messages.error(request, f"{name} is no label: {rule}.")
    return redirect(row)


@require_POST
def tags(request: Request, resource: str) -> HttpResponse:
    """Replace the tags."""
    form = TagsForm(request.POST)
    wanted = form.cleaned_data["tags"] if form.is_valid() else {}
    facts = iam.request_tags(wanted)
    row = access.page_parameter(request.principal, resource, "ssm:AddTagsToResource", **facts)
    if form.errors:
        return _page(request, row, {"tags_form": form}, status=422)
    gone = set(row.tags) - set(wanted)
    if gone:
        facts = iam.request_tags(sorted(gone))
        access.page_parameter(request.principal, resource, "ssm:RemoveTagsFromResource", **facts)
        kernel_tags.remove(row, gone)
    kernel_tags.add(row, wanted)
    messages.success(request, "The tags are changed.")
    return redirect(row)


@require_POST
def delete(request: Request, resource: str) -> HttpResponse:
    """Delete the parameter."""
    row = access.page_parameter(request.principal, resource, "ssm:DeleteParameter")
    parameters.delete(row, by=request.principal, at=clock.now())
    messages.success(request, f"{row.name} is deleted.")
    return redirect("parameters")
