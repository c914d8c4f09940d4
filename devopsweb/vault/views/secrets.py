"""Pages of secrets: the list, one secret, and the forms that change it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.kernel.paging import page
from devopsweb.vault import access, reading, secret_queries
from devopsweb.vault.actions import secrets
from devopsweb.vault.forms import DeleteForm, PolicyForm, SecretForm, SecretValueForm, TagsForm, tag_lines
from devopsweb.vault.models import Secret

PAGE = 50
VERSIONS = 20
_VERBS = (
    "PutSecretValue", "DeleteSecret", "RestoreSecret", "TagResource", "GetSecretValue",
    "PutResourcePolicy", "GetResourcePolicy", "UpdateSecretVersionStage",
)  # fmt: skip


def listing(request: Request) -> HttpResponse:
    """All secrets; those to be deleted with ``?deleted=1``."""
    access.may_list_secrets(request.principal)
    text, deleted = request.GET.get("q", "").strip()[:200], request.GET.get("deleted") == "1"
    rows = secret_queries.search(Secret.objects.filter(delete_after__isnull=not deleted), text)
    context = {
        "page": page(rows, token=request.GET.get("after", ""), size=PAGE, key="name", ascending=True),
        "q": text,
        "deleted": deleted,
        "waiting": Secret.objects.filter(delete_after__isnull=False).count(),
    }
    return render(request, "vault/secrets.html", context)


@never_cache
def detail(request: Request, resource: str) -> HttpResponse:
    """One secret; its value only when it is asked for by POST (``reveal``: a version's id)."""
    row = access.page_secret(request.principal, resource, "secretsmanager:DescribeSecret")
    shown: dict[str, Any] = {}
    if wanted := request.POST.get("reveal", ""):
        found = reading.secret_value(request.principal, row.arn, version_id=wanted, at=clock.now())
        binary = found.value.is_binary
        text = found.value.data.hex(" ") if binary else found.value.text
        shown = {"revealed": wanted, "text": text, "binary": binary}
    return _page(request, row, shown)


def _page(request: Request, row: Secret, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    versions = row.versions.prefetch_related("stages").defer("sealed_key", "ciphertext")
    may = {verb: access.may_secret(request.principal, row, f"secretsmanager:{verb}") for verb in _VERBS}
    context = {
        "secret": row,
        "page": page(versions, token=request.GET.get("after", ""), size=VERSIONS),
        "may": may,
        "value_form": SecretValueForm(),
        "tags_form": TagsForm(initial={"tags": tag_lines(row.tags)}),
        "policy_form": PolicyForm(initial={"resource_policy": row.resource_policy}),
        **more,
    }
    return render(request, "vault/secret.html", context, status=status)


@never_cache
def create(request: Request) -> HttpResponse:
    """The form of a new secret."""
    form = SecretForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        access.may_list_secrets(request.principal)
        return _form(request, form)
    if not form.is_valid():
        access.may_try_secret(request.principal, request.POST.get("name", ""))
        return _form(request, form)
    said = form.cleaned_data
    access.may_create_secret(request.principal, said["name"], tagged=False, key_id=said["key_id"])
    try:
        row, _ = secrets.create(
            name=said["name"], by=request.principal, at=clock.now(), description=said["description"],
            key_id=said["key_id"], value=form.value(),
        )  # fmt: skip
    except (Invalid, Conflict) as error:
        form.add_error("name", str(error))
        return _form(request, form)
    messages.success(request, f"{row.name} is kept.")
    return redirect(row)


def _form(request: Request, form: SecretForm) -> HttpResponse:
    return render(request, "vault/secret_form.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def put_value(request: Request, resource: str) -> HttpResponse:
    """Give the secret another value."""
    row = access.page_secret(request.principal, resource, "secretsmanager:PutSecretValue")
    form = SecretValueForm(request.POST)
    if not form.is_valid():
        return _page(request, row, {"value_form": form}, status=422)
    access.may_use_key(request.principal, row.key_id, "kms:GenerateDataKey")
    secrets.put_value(row, form.value(), by=request.principal, at=clock.now())
    messages.success(request, "The new value is current; the former one is AWSPREVIOUS.")
    return redirect(row)


@require_POST
def stages(request: Request, resource: str) -> HttpResponse:
    """Make another version the current one (``version``)."""
    row = access.page_secret(
        request.principal, resource, "secretsmanager:UpdateSecretVersionStage",
        **{"secretsmanager:VersionStage": "AWSCURRENT"},
    )  # fmt: skip
    secrets.move_stage(
        row, "AWSCURRENT", to=request.POST.get("version", ""),
        away_from=secret_queries.version(row).version_id, by=request.principal, at=clock.now(),
    )  # fmt: skip
    messages.success(request, "That version is current now.")
    return redirect(row)


@require_POST
def tags(request: Request, resource: str) -> HttpResponse:
    """Replace the tags."""
    form, at = TagsForm(request.POST), clock.now()
    wanted = form.cleaned_data["tags"] if form.is_valid() else {}
    facts = iam.request_tags(wanted)
    row = access.page_secret(request.principal, resource, "secretsmanager:TagResource", **facts)
    if form.errors:
        return _page(request, row, {"tags_form": form}, status=422)
    gone = set(row.tags) - set(wanted)
    if gone:
        facts = iam.request_tags(sorted(gone))
        access.page_secret(request.principal, resource, "secretsmanager:UntagResource", **facts)
        secrets.untag(row, gone, by=request.principal, at=at)
    secrets.tag(row, wanted, by=request.principal, at=at)
    messages.success(request, "The tags are changed.")
    return redirect(row)


@require_POST
def policy(request: Request, resource: str) -> HttpResponse:
    """Give the secret a policy of its own, or take it away."""
    text = request.POST.get("resource_policy", "").strip()
    verb = "PutResourcePolicy" if text else "DeleteResourcePolicy"
    row = access.page_secret(request.principal, resource, f"secretsmanager:{verb}")
    form = PolicyForm(request.POST)
    if form.is_valid():
        try:
            secrets.set_policy(row, text, by=request.principal, at=clock.now(), allow_public=False)
        except Invalid as error:
            form.add_error("resource_policy", str(error))
        else:
            messages.success(request, "The secret's own policy is changed.")
            return redirect(row)
    return _page(request, row, {"policy_form": form}, status=422)


@require_POST
def delete(request: Request, resource: str) -> HttpResponse:
    """Delete the secret when its recovery window is over."""
    row = access.page_secret(request.principal, resource, "secretsmanager:DeleteSecret")
    form = DeleteForm(request.POST)
    days = form.cleaned_data["days"] if form.is_valid() else secrets.LONGEST_WINDOW
    secrets.delete(row, by=request.principal, at=clock.now(), days=days)
    messages.success(request, f"{row.name} cannot be read any more and is deleted in {days} days.")
    return redirect("secrets")


@require_POST
def restore(request: Request, resource: str) -> HttpResponse:
    """Keep a secret that was to be deleted."""
    row = access.page_secret(request.principal, resource, "secretsmanager:RestoreSecret")
    secrets.restore(row, by=request.principal, at=clock.now())
    messages.success(request, f"{row.name} is kept.")
    return redirect(row)
