"""Pages of policies."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from devopsweb.iam import access, advice, queries, simulation
from devopsweb.iam.actions import policies
from devopsweb.iam.comparison import compare
from devopsweb.iam.errors import EntityAlreadyExists, LimitExceeded
from devopsweb.iam.forms import PolicyEditForm, PolicyForm
from devopsweb.iam.http import Request
from devopsweb.iam.models import Policy
from devopsweb.iam.views import simulator
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.paging import page

PAGE = 50


def policy_list(request: Request) -> HttpResponse:
    """All policies."""
    access.may_list(request.principal, "policy")
    text = request.GET.get("q", "")[:128].strip()
    context = {
        "page": page(queries.policies(text), token=request.GET.get("after", ""), size=PAGE),
        "q": text,
        "tab": "policies",
        "can_create": access.can_create(request.principal, "policy"),
    }
    return render(request, "iam/policies.html", context)


def policy_detail(request: Request, name: str) -> HttpResponse:
    """One policy: document, who has it, simulator; a POST saves the document."""
    policy = access.policy(request.principal, name, "iam:GetPolicy")
    form = PolicyEditForm(initial={"document": policy.document, "description": policy.description})
    if request.method == "POST":
        access.policy(request.principal, name, "iam:CreatePolicyVersion")
        form = PolicyEditForm(request.POST)
        if form.is_valid() and _saved(request, policy, form):
            messages.success(request, f"{name} saved as version {policy.version}. It holds from now on.")
            return redirect("policy", name=name)
    context = {
        "tab": "policies",
        "policy": policy,
        "form": form,
        "attached": queries.attachments_of(policy),
        "editor": advice.editor(form),
        "takers": queries.takers_of(policy),
        "versions": list(policy.versions.select_related("policy").order_by("-number")),
        "summary": simulation.summary(policy),
        **simulator.fields(request, policy),
    }
    return render(request, "iam/policy.html", context, status=400 if form.errors else 200)


def _saved(request: Request, policy: Policy, form: PolicyEditForm) -> bool:
    try:
        policies.update(policy=policy, by=request.principal, at=clock.now(), **form.cleaned_data)
    except LimitExceeded as error:
        form.add_error("document", str(error))
        return False
    return True


def policy_versions(request: Request, name: str) -> HttpResponse:
    """The versions; ``?version=`` shows one beside the one that holds. A POST chooses or deletes one."""
    if request.method == "POST":
        return _change_version(request, name)
    policy = access.policy(request.principal, name, "iam:ListPolicyVersions")
    access.policy(request.principal, name, "iam:GetPolicyVersion")
    rows = list(policy.versions.select_related("policy").order_by("-number"))
    label = request.GET.get("version", "")
    chosen = policies.version_of(policy, label) if label else None
    context = {
        "tab": "policies",
        "policy": policy,
        "versions": rows,
        "chosen": chosen,
        "lines": compare(policy.document, chosen.document) if chosen else [],
    }
    return render(request, "iam/policy_versions.html", context)


def _change_version(request: Request, name: str) -> HttpResponse:
    remove = "remove" in request.POST
    action = "iam:DeletePolicyVersion" if remove else "iam:SetDefaultPolicyVersion"
    policy = access.policy(request.principal, name, action)
    version = policies.version_of(policy, request.POST.get("remove" if remove else "default", ""))
    if remove:
        policies.delete_version(policy=policy, version=version, by=request.principal, at=clock.now())
        messages.success(request, f"Version {version.number} of {name} deleted.")
    else:
        policies.set_default(policy=policy, version=version, by=request.principal, at=clock.now())
        messages.success(request, f"Version {version.number} of {name} holds from now on.")
    return redirect("policy-versions", name=name)


def policy_create(request: Request) -> HttpResponse:
    """The form for a new policy; ``?from=`` starts with another one's document."""
    access.may_create(request.principal, "policy")
    form = PolicyForm(initial=_template(request))
    if request.method == "POST":
        form = PolicyForm(request.POST)
        if form.is_valid():
            access.may_create(request.principal, "policy", form.cleaned_data["name"])
            try:
                made = policies.create(by=request.principal, at=clock.now(), **form.cleaned_data)
            except (EntityAlreadyExists, Invalid) as error:
                form.add_error("name", str(error))
            else:
                messages.success(request, f"Policy {made.name} created. Attach it to a group or a user.")
                return redirect("policy", name=made.name)
    return render(
        request,
        "iam/policy_new.html",
        {"form": form, "tab": "policies", "editor": advice.editor(form)},
        status=400 if form.errors else 200,
    )


def _template(request: Request) -> dict[str, Any]:
    source = request.GET.get("from", "")
    if not source:
        return {}
    policy = access.policy(request.principal, source, "iam:GetPolicy")
    return {"document": policy.document, "description": policy.description}


@require_POST
def policy_attach(request: Request, name: str) -> HttpResponse:
    """Attach the policy to whom its page offers (``to``: ``group/developers``), or detach it (``remove``)."""
    remove = "remove" in request.POST
    chosen, _, who = request.POST.get("to", "").partition("/")
    kind = chosen if chosen in ("user", "role") else "group"
    target, policy = access.attachment(request.principal, kind, who, "Detach" if remove else "Attach", name)
    if remove:
        policies.detach(policy=policy, of=target, by=request.principal, at=clock.now())
    else:
        policies.attach(policy=policy, to=target, by=request.principal, at=clock.now())
    done = "detached from" if remove else "attached to"
    messages.success(request, f"{name} {done} {who}. This holds from now on.")
    return redirect("policy", name=name)


@require_POST
def policy_delete(request: Request, name: str) -> HttpResponse:
    """Delete a policy that nobody has."""
    policy = access.policy(request.principal, name, "iam:DeletePolicy")
    policies.delete_with_versions(policy=policy, by=request.principal, at=clock.now())
    messages.success(request, f"Policy {name} deleted.")
    return redirect("policies")
