"""A user's access keys and git credentials; secrets are shown on the page that made them, and never again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from devopsweb.iam import access
from devopsweb.iam.actions import keys, service_credentials
from devopsweb.iam.http import Request
from devopsweb.iam.service_credentials import GIT
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Invalid

_KEY_VERBS = {"create": "Create", "on": "Update", "off": "Update", "delete": "Delete"}
_GIT_VERBS = {**_KEY_VERBS, "reset": "Reset"}


def _wanted(request: Request, verbs: dict[str, str]) -> str:
    wanted = request.POST.get("do", "create")
    if wanted not in verbs:
        raise Invalid(f"Choose one of {', '.join(verbs)}.")
    return wanted


@never_cache
@require_POST
def access_keys(request: Request, name: str) -> HttpResponse:
    """Make, switch or delete (``do``) an access key of the user."""
    do, at, by = _wanted(request, _KEY_VERBS), clock.now(), request.principal
    user = access.changeable_user(by, name, f"iam:{_KEY_VERBS[do]}AccessKey")
    if do == "create":
        key, secret = keys.create(user=user, by=by, at=at)
        shown = [("Access key ID", key.pk), ("Secret access key", secret)]
        return _once(request, name, "Access key", shown)
    key = keys.find(user, request.POST.get("key", ""))
    if do == "delete":
        keys.delete(key=key, by=by, at=at)
    else:
        keys.set_status(key=key, active=do == "on", by=by, at=at)
    messages.success(request, f"Access key {key.pk} {_DONE[do]}. This holds from now on.")
    return redirect("user", name=name)


@never_cache
@require_POST
def git_credentials(request: Request, name: str) -> HttpResponse:
    """Make, reset, switch or delete (``do``) a user name and password for git."""
    do, at, by = _wanted(request, _GIT_VERBS), clock.now(), request.principal
    user = access.changeable_user(by, name, f"iam:{_GIT_VERBS[do]}ServiceSpecificCredential")
    if do == "create":
        row, password = service_credentials.create(user=user, service=GIT, by=by, at=at)
        return _once(request, name, "Git credentials", [("User name", row.user_name), ("Password", password)])
    row = service_credentials.find(user, request.POST.get("credential", ""))
    if do == "reset":
        password = service_credentials.reset(credential=row, by=by, at=at)
        return _once(request, name, "Git credentials", [("User name", row.user_name), ("Password", password)])
    if do == "delete":
        service_credentials.delete(credential=row, by=by, at=at)
    else:
        service_credentials.set_status(credential=row, active=do == "on", by=by, at=at)
    messages.success(request, f"Git credentials {row.user_name} {_DONE[do]}. This holds from now on.")
    return redirect("user", name=name)


_DONE = {"on": "switched on", "off": "switched off", "delete": "deleted"}


def _once(request: Request, name: str, what: str, shown: list[tuple[str, str]]) -> HttpResponse:
    context = {"name": name, "what": what, "shown": shown, "tab": "users"}
    return render(request, "iam/secret_once.html", context)
