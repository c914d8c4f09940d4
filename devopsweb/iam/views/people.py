"""Pages of users, groups and roles."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from devopsweb.iam import access, queries
from devopsweb.iam.actions import groups, passwords, policies, sessions, users
from devopsweb.iam.actions.entities import inline_of
from devopsweb.iam.errors import EntityAlreadyExists, WeakPassword
from devopsweb.iam.forms import GroupForm, PasswordResetForm, UserForm
from devopsweb.iam.http import Request
from devopsweb.iam.models import Policy, User, UserGroup
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.paging import page

PAGE = 50


def index(request: Request) -> HttpResponse:
    """Access begins with its users."""
    return redirect("users")


def user_list(request: Request) -> HttpResponse:
    """All users."""
    access.may_list(request.principal, "user")
    return render(request, "iam/users.html", _list(request, queries.users, "user"))


def group_list(request: Request) -> HttpResponse:
    """All groups."""
    access.may_list(request.principal, "group")
    return render(request, "iam/groups.html", _list(request, queries.groups, "group"))


def role_list(request: Request) -> HttpResponse:
    """All roles."""
    access.may_list(request.principal, "role")
    return render(request, "iam/roles.html", _list(request, queries.roles, "role"))


def _list(request: Request, query: Any, kind: str) -> dict[str, Any]:
    text = request.GET.get("q", "")[:128].strip()
    return {
        "page": page(query(text), token=request.GET.get("after", ""), size=PAGE),
        "q": text,
        "tab": f"{kind}s",
        "can_create": access.can_create(request.principal, kind),
    }


def user_detail(request: Request, name: str) -> HttpResponse:
    """One user: what they may do and why, groups, standing."""
    user = access.user(request.principal, name, "iam:GetUser")
    return render(request, "iam/user.html", _user_context(user, PasswordResetForm()))


def _user_context(user: User, form: PasswordResetForm) -> dict[str, Any]:
    own = list(user.iam_groups.prefetch_related("policy_attachments__policy").order_by("name"))
    return {
        "tab": "users",
        "subject": user,
        "kind": "user",
        "attached": list(Policy.objects.filter(attachments__user=user).order_by("name")),
        "attachable": queries.attachable_to(user),
        "groups": own,
        "other_groups": UserGroup.objects.exclude(pk__in=[group.pk for group in own]).order_by("name"),
        "sessions": sessions.present(user=user, at=clock.now()),
        "keys": user.access_keys.order_by("created_at"),
        "git_credentials": user.service_credentials.order_by("created_at"),
        "inline": inline_of(user),
        "policies": queries.all_policies(),
        "devices": user.mfa_devices.filter(enabled_at__isnull=False).order_by("enabled_at"),
        "password_form": form,
    }


def user_create(request: Request) -> HttpResponse:
    """The form for a new user."""
    access.may_create(request.principal, "user")
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        access.may_create_member(request.principal, given["name"], [group.name for group in given["groups"]])
        try:
            made = users.create_member(
                name=given["name"], email=given["email"], password=given["password"],
                groups=list(given["groups"]), by=request.principal, at=clock.now(),
            )  # fmt: skip
        except WeakPassword as error:
            form.add_error("password", str(error))
        except (EntityAlreadyExists, Invalid) as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"User {made.username} created.")
            return redirect("user", name=made.username)
    return render(
        request, "iam/user_new.html", {"form": form, "tab": "users"}, status=400 if form.errors else 200
    )


@require_POST
def user_change(request: Request, name: str) -> HttpResponse:
    """Activate or deactivate a user, make them an administrator or take that away."""
    user = access.changeable_user(request.principal, name, "iam:UpdateUser")
    administrator = request.POST.get("administrator") == "on"
    if administrator != user.is_superuser:
        access.only_administrators(request.principal, f"{name} would become an administrator")
    users.set_standing(
        user=user, active=request.POST.get("active") == "on", administrator=administrator,
        by=request.principal, at=clock.now(),
    )  # fmt: skip
    messages.success(request, f"{name} saved.")
    return redirect("user", name=name)


@require_POST
def user_password(request: Request, name: str) -> HttpResponse:
    """Give a user a new password."""
    user = access.changeable_user(request.principal, name, "iam:UpdateLoginProfile")
    if not user.has_usable_password():
        access.changeable_user(request.principal, name, "iam:CreateLoginProfile")
    form = PasswordResetForm(request.POST)
    if form.is_valid():
        try:
            passwords.set_password(
                user=user, password=form.cleaned_data["password"], by=request.principal, at=clock.now()
            )
        except WeakPassword as error:
            form.add_error("password", str(error))
        else:
            keep = str(request.session.session_key) if user.pk == request.user.pk else ""
            sessions.end_others(user=user, keep=keep)
            messages.success(request, f"{name} has a new password and is signed out everywhere.")
            return redirect("user", name=name)
    return render(request, "iam/user.html", _user_context(user, form), status=400)


@require_POST
def user_sign_out(request: Request, name: str) -> HttpResponse:
    """Sign every browser of the user out; one's own stays. Asked for like a new password, which does it too."""
    user = access.changeable_user(request.principal, name, "iam:UpdateLoginProfile")
    own = user.pk == request.user.pk
    sessions.end_others(user=user, keep=str(request.session.session_key) if own else "")
    messages.success(request, f"{name} is signed out {'of every other browser' if own else 'everywhere'}.")
    return redirect("user", name=name)


@require_POST
def user_delete(request: Request, name: str) -> HttpResponse:
    """Delete a user."""
    user = access.changeable_user(request.principal, name, "iam:DeleteUser")
    if user.pk == request.user.pk:
        raise Invalid("You cannot delete the account that you are signed in with.")
    users.delete_with_belongings(user=user, by=request.principal, at=clock.now())
    messages.success(request, f"User {name} deleted.")
    return redirect("users")


def group_detail(request: Request, name: str) -> HttpResponse:
    """One group: members and policies."""
    group = access.group(request.principal, name, "iam:GetGroup")
    members = list(group.members.order_by("username"))
    context = {
        "tab": "groups",
        "subject": group,
        "kind": "group",
        "attached": list(Policy.objects.filter(attachments__group=group).order_by("name")),
        "attachable": queries.attachable_to(group),
        "inline": inline_of(group),
        "members": members,
        "others": User.objects.exclude(pk__in=[member.pk for member in members]).order_by("username"),
    }
    return render(request, "iam/group.html", context)


def group_create(request: Request) -> HttpResponse:
    """The form for a new group."""
    access.may_create(request.principal, "group")
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        access.may_create(request.principal, "group", name)
        try:
            groups.create(name=name, by=request.principal, at=clock.now())
        except (EntityAlreadyExists, Invalid) as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"Group {name} created. Attach policies and add members.")
            return redirect("group", name=name)
    return render(
        request, "iam/group_new.html", {"form": form, "tab": "groups"}, status=400 if form.errors else 200
    )


@require_POST
def group_member(request: Request, name: str) -> HttpResponse:
    """Put a user into a group, or take them out (``remove``)."""
    user = _move(request, name, request.POST.get("user", ""), remove="remove" in request.POST)
    if request.POST.get("back") == "user":
        return redirect("user", name=user.username)
    return redirect("group", name=name)


@require_POST
def user_join(request: Request, name: str) -> HttpResponse:
    """Put the user into the group that was chosen on their page."""
    _move(request, request.POST.get("group", ""), name, remove=False)
    return redirect("user", name=name)


def _move(request: Request, group_name: str, user_name: str, *, remove: bool) -> User:
    action = "iam:RemoveUserFromGroup" if remove else "iam:AddUserToGroup"
    group = access.group(request.principal, group_name, action)
    user = access.found_user(user_name)
    change = users.leave if remove else users.join
    change(user=user, group=group, by=request.principal, at=clock.now())
    done = "left" if remove else "joined"
    messages.success(request, f"{user.username} {done} {group_name}. This holds from now on.")
    return user


@require_POST
def group_delete(request: Request, name: str) -> HttpResponse:
    """Delete a group."""
    group = access.group(request.principal, name, "iam:DeleteGroup")
    groups.delete_with_belongings(group=group, by=request.principal, at=clock.now())
    messages.success(request, f"Group {name} deleted. Its members stay.")
    return redirect("groups")


@require_POST
def attach(request: Request, kind: str, name: str) -> HttpResponse:
    """Attach a policy to a user, group or role."""
    target, policy = access.attachment(
        request.principal, kind, name, "Attach", request.POST.get("policy", "")
    )
    policies.attach(policy=policy, to=target, by=request.principal, at=clock.now())
    messages.success(request, f"{policy.name} attached to {name}. This holds from now on.")
    return redirect(kind, name=name)


@require_POST
def detach(request: Request, kind: str, name: str) -> HttpResponse:
    """Detach a policy from a user, group or role."""
    target, policy = access.attachment(
        request.principal, kind, name, "Detach", request.POST.get("policy", "")
    )
    policies.detach(policy=policy, of=target, by=request.principal, at=clock.now())
    messages.success(request, f"{policy.name} detached from {name}. This holds from now on.")
    return redirect(kind, name=name)
