"""Pages of roles: make one, say who may assume it, end its sessions, delete it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from devopsweb.iam import access, advice, queries
from devopsweb.iam import trust as trusting
from devopsweb.iam.actions import roles
from devopsweb.iam.actions.entities import inline_of
from devopsweb.iam.errors import EntityAlreadyExists, MalformedPolicyDocument
from devopsweb.iam.forms import RoleEditForm, RoleForm, TrustForm
from devopsweb.iam.http import Request
from devopsweb.iam.models import Policy, Role
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Invalid


def detail(request: Request, name: str) -> HttpResponse:
    """One role: its policies, who may assume it, when it was last used."""
    role = access.role(request.principal, name, "iam:GetRole")
    return _page(request, role, TrustForm(initial={"document": role.trust_policy}))


def _page(request: Request, role: Role, trust: TrustForm) -> HttpResponse:
    context = {
        "tab": "roles",
        "subject": role,
        "kind": "role",
        "linked": roles.is_linked(role),
        "attached": list(Policy.objects.filter(attachments__role=role).order_by("name")),
        "attachable": queries.attachable_to(role),
        "inline": inline_of(role),
        "policies": queries.all_policies(),
        "trust": trust,
        "trusted": trusting.summary(role.trust_policy),
        "editor": advice.editor(trust),
        "form": RoleEditForm(
            initial={"description": role.description, "max_session_seconds": role.max_session_seconds}
        ),
    }
    return render(request, "iam/role.html", context, status=400 if trust.errors else 200)


def create(request: Request) -> HttpResponse:
    """The form for a new role."""
    access.may_create(request.principal, "role")
    start = request.GET.get("for", "codebuild")
    form = RoleForm(request.POST or None, initial={"document": trusting.document(start)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        access.may_create(request.principal, "role", given["name"])
        try:
            roles.create(
                name=given["name"], trust_policy=given["document"], description=given["description"],
                by=request.principal, at=clock.now(),
            )  # fmt: skip
        except (EntityAlreadyExists, Invalid) as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"Role {given['name']} created. Attach policies to it.")
            return redirect("role", name=given["name"])
    return render(
        request,
        "iam/role_new.html",
        {
            "form": form,
            "tab": "roles",
            "editor": advice.editor(form),
            "starts": trusting.starts(),
            "start": start,
        },
        status=400 if form.errors else 200,
    )


@require_POST
def change(request: Request, name: str) -> HttpResponse:
    """Save the description and the longest session."""
    role = access.role(request.principal, name, "iam:UpdateRole")
    form = RoleEditForm(request.POST)
    if not form.is_valid():
        raise Invalid("A session lasts one to twelve hours.")
    roles.update(role=role, by=request.principal, at=clock.now(), **form.cleaned_data)
    messages.success(request, f"{name} saved.")
    return redirect("role", name=name)


@require_POST
def trust(request: Request, name: str) -> HttpResponse:
    """Save who may assume the role."""
    role = access.role(request.principal, name, "iam:UpdateAssumeRolePolicy")
    form = TrustForm(request.POST)
    if not form.is_valid():
        return _page(request, role, form)
    try:
        roles.set_trust(
            role=role, trust_policy=form.cleaned_data["document"], by=request.principal, at=clock.now()
        )
    except MalformedPolicyDocument as error:
        form.add_error("document", str(error))
        return _page(request, role, form)
    messages.success(request, f"Trust policy of {name} saved. It holds from now on.")
    return redirect("role", name=name)


@require_POST
def revoke(request: Request, name: str) -> HttpResponse:
    """End every session of the role that has begun so far."""
    role = access.role(request.principal, name, "iam:PutRolePolicy")
    roles.revoke_sessions(role=role, by=request.principal, at=clock.now())
    messages.success(request, f"Every session of {name} that began before now is over.")
    return redirect("role", name=name)


@require_POST
def delete(request: Request, name: str) -> HttpResponse:
    """Delete a role with its policies."""
    role = access.role(request.principal, name, "iam:DeleteRole")
    roles.refuse_linked(role)
    roles.delete_with_belongings(role=role, by=request.principal, at=clock.now())
    messages.success(request, f"Role {name} deleted.")
    return redirect("roles")
