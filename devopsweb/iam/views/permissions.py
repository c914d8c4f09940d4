"""What users, groups and roles may do beyond attached policies: inline policies, boundaries, tags."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from devopsweb.iam import access, advice
from devopsweb.iam import api as iam
from devopsweb.iam.actions import boundaries, inline
from devopsweb.iam.actions import tags as tagging
from devopsweb.iam.errors import LimitExceeded
from devopsweb.iam.forms import InlinePolicyForm
from devopsweb.iam.http import Request
from devopsweb.iam.models import InlinePolicy, Role, User, UserGroup
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Invalid


def inline_policy(request: Request, kind: str, name: str) -> HttpResponse:
    """The editor of an inline policy (``?policy=``), or of a new one; a POST saves or deletes (``remove``)."""
    if request.method == "POST":
        return _change_inline(request, kind, name)
    target = access.visible(request.principal, kind, name, f"iam:Get{kind.capitalize()}Policy")
    chosen = request.GET.get("policy", "")
    present = inline.find(target, chosen) if chosen else None
    initial = {"name": present.name, "document": present.document} if present else _begun(request)
    return _editor(request, kind, target, InlinePolicyForm(initial=initial), present)


def _begun(request: Request) -> dict[str, Any] | None:
    """A document that allows just what the simulator found missing (``?action=&resource=``)."""
    action, resource = request.GET.get("action", ""), request.GET.get("resource", "") or "*"
    if not action:
        return None
    sid = re.sub(r"[^0-9A-Za-z]", "", action.partition(":")[2])
    statement = {"Sid": f"Allow{sid}", "Effect": "Allow", "Action": action, "Resource": resource}
    return {"name": f"Allow{sid}", "document": {"Version": "2012-10-17", "Statement": [statement]}}


def _change_inline(request: Request, kind: str, name: str) -> HttpResponse:
    remove = "remove" in request.POST
    target = access.target(request.principal, kind, name, "Delete" if remove else "Put")
    if remove:
        inline.delete(target=target, name=request.POST["remove"], by=request.principal, at=clock.now())
        messages.success(request, f"Inline policy {request.POST['remove']} deleted. This holds from now on.")
        return redirect(kind, name=name)
    form = InlinePolicyForm(request.POST)
    if form.is_valid():
        try:
            inline.put(target=target, by=request.principal, at=clock.now(), **form.cleaned_data)
        except (Invalid, LimitExceeded) as error:
            form.add_error("document", str(error))
        else:
            saved = form.cleaned_data["name"]
            messages.success(request, f"Inline policy {saved} saved. It holds from now on.")
            for one in advice.editor(form).findings:
                messages.warning(request, f"{saved}, line {one.line}: {one.text}")
            return redirect(kind, name=name)
    return _editor(request, kind, target, form, None)


def _editor(
    request: Request,
    kind: str,
    target: User | UserGroup | Role,
    form: InlinePolicyForm,
    present: InlinePolicy | None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "kind": kind,
        "subject": target,
        "form": form,
        "present": present,
        "tab": f"{kind}s",
    }
    context |= {"editor": advice.editor(form)}
    return render(request, "iam/inline.html", context, status=400 if form.errors else 200)


@require_POST
def boundary(request: Request, kind: str, name: str) -> HttpResponse:
    """Set the permissions boundary of a user or role, or lift it (an empty choice)."""
    chosen = request.POST.get("policy", "")
    verb = "Put" if chosen or "policy" not in request.POST else "Delete"
    action = f"iam:{verb}{kind.capitalize()}PermissionsBoundary"
    policy = access.find_by_name(chosen)
    context = {"iam:PermissionsBoundary": policy.arn} if policy else {}
    target = access.changeable(request.principal, kind, name, action, context)
    if isinstance(target, UserGroup):
        raise Invalid("A group has no permissions boundary: set it on users and roles.")
    if verb == "Delete":
        boundaries.remove(target=target, by=request.principal, at=clock.now())
        messages.success(request, f"{name} has no permissions boundary any more. This holds from now on.")
    else:
        boundaries.put(
            target=target, policy=access.found_policy(chosen), by=request.principal, at=clock.now()
        )
        messages.success(request, f"{chosen} limits {name} from now on.")
    return redirect(kind, name=name)


@require_POST
def tags(request: Request, kind: str, name: str) -> HttpResponse:
    """Add a tag (``key``, ``value``) or remove one (``remove``)."""
    at, by = clock.now(), request.principal
    remove = request.POST.get("remove", "")
    verb = "Untag" if remove else "Tag"
    new = {request.POST.get("key", "").strip(): request.POST.get("value", "").strip()}
    context = iam.request_tags([remove] if remove else new)
    thing = access.changeable(by, kind, name, f"iam:{verb}{kind.capitalize()}", context)
    if isinstance(thing, UserGroup):
        raise Invalid("Groups have no tags.")
    if remove:
        tagging.remove(thing=thing, keys=[remove], by=by, at=at)
    else:
        tagging.add(thing=thing, new=tagging.spelled(new), by=by, at=at)
    messages.success(request, f"Tag {remove or next(iter(new))} {'removed' if remove else 'saved'}.")
    return redirect(kind, name=name)
