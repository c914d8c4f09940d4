"""The page that asks for the code, and the page where a user sets the second factor up."""

from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from devopsweb.iam.actions import sessions
from devopsweb.iam.errors import LimitExceeded, TooManyAttempts
from devopsweb.iam.http import Request
from devopsweb.iam.mfa import access, actions, codes, gate
from devopsweb.iam.mfa.forms import CodeForm
from devopsweb.iam.mfa.models import VirtualDevice
from devopsweb.iam.middleware import source_ip
from devopsweb.iam.views.entering import proceed
from devopsweb.kernel import clock

_WAITING = "second_factor_waiting"


@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    at = clock.now()
    owed = gate.held(request.session, step="code", at=at)
    if owed is None:
        return redirect("login")
    user = owed.user
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = _give(request, user, form.cleaned_data["code"])
        if not problem:
            return proceed(request, user, next_page=owed.next_page, at=at, code_given=True, code_asked=True)
        form.add_error("code", problem)
    context = {"form": form, "who": user.username, "region": settings.DEVOPSWEB_REGION}
    return render(request, "iam/mfa/ask.html", context)


def _give(request: HttpRequest, user: Any, code: str) -> str:
    """The problem with the code; empty when it is right."""
    address, at = source_ip(request), clock.now()
    try:
        if gate.give(user, code, at=at):
            return ""
    except TooManyAttempts as error:
        return str(error)
    sessions.refuse(username=user.username, source_ip=address, at=at)
    return "That code is not right, or was used before. Try the next one."


@never_cache
def setup(request: Request) -> HttpResponse:
    """The user's own second factor: set up, look, remove."""
    at = clock.now()
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and "begin" in request.POST:
        return _begin(request, at=at)
    waiting = _waiting(request)
    if request.method == "POST" and waiting and form.is_valid():
        access.own(request.principal, request.user, "EnableMFADevice")
        try:
            return _enable(request, waiting, form.cleaned_data["code"], at=at)
        except (actions.InvalidAuthenticationCode, LimitExceeded) as error:
            form.add_error("code", str(error))
    return _page(request, form, waiting, None, status=400 if form.errors else 200)


def _begin(request: Request, *, at: datetime) -> HttpResponse:
    """A new device; one that was begun and never finished is forgotten.

    A further one needs a code: with a device of their own a stolen session could do all that codes protect.
    """
    if actions.is_enabled(request.user) and (
        problem := _give(request, request.user, request.POST.get("code", ""))
    ):
        messages.error(request, f"No authenticator is added: {problem[0].lower()}{problem[1:]}")
        return redirect("second-factor")
    forgotten = _waiting(request)
    name = forgotten.name if forgotten else actions.name_for(request.user, at=at)
    access.own(request.principal, request.user, "CreateVirtualMFADevice", "EnableMFADevice", name=name)
    if forgotten:
        actions.delete(device=forgotten, by=request.principal, at=at)
    request.session[_WAITING] = actions.own(user=request.user, by=request.principal, at=at).pk
    return redirect("second-factor")


def _enable(request: Request, waiting: VirtualDevice, code: str, *, at: datetime) -> HttpResponse:
    """Turn the device on. Raises ``InvalidAuthenticationCode``, ``LimitExceeded``."""
    user, by = request.user, request.principal
    actions.enable(device=waiting, user=user, given=[code], by=by, at=at)
    gate.note_given(request.session, at=at)
    fresh = actions.first_recovery_codes(user=user, by=by, at=at)
    if not fresh:
        messages.success(request, f"{waiting.name} is on. The recovery codes that you have stay good.")
        return redirect("second-factor")
    return _page(request, CodeForm(), None, fresh)


def _waiting(request: Request) -> VirtualDevice | None:
    """The device that this browser is setting up; its seed is shown to nobody else."""
    return VirtualDevice.objects.filter(pk=request.session.get(_WAITING, 0), user=None).first()


def _page(
    request: Request,
    form: CodeForm,
    waiting: VirtualDevice | None,
    fresh: list[str] | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "devices": request.user.mfa_devices.filter(enabled_at__isnull=False).order_by("enabled_at"),
        "fresh": fresh,
        "left": request.user.recovery_codes.filter(used_at=None).count(),
    }
    if waiting:
        address = codes.address(waiting.seed, user=request.user.username, issuer="DevOpsWeb")
        context |= {
            "waiting": waiting,
            "seed": " ".join(waiting.seed[start : start + 4] for start in range(0, 32, 4)),
            "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff"),
        }
    return render(request, "iam/mfa/setup.html", context, status=status)


@require_POST
def remove(request: Request, device_id: int) -> HttpResponse:
    """Remove a device; a code proves that it is the user who asks."""
    device = get_object_or_404(VirtualDevice, pk=device_id, user=request.user)
    access.own(
        request.principal, request.user, "DeactivateMFADevice", "DeleteVirtualMFADevice", name=device.name
    )
    if problem := _give(request, request.user, request.POST.get("code", "")):
        messages.error(request, f"The second factor stays: {problem[0].lower()}{problem[1:]}")
        return redirect("second-factor")
    actions.remove_own(device=device, by=request.principal, at=clock.now())
    gone = f"{device.name} is removed."
    if not actions.is_enabled(request.user):
        request.session.pop(gate.AT, None)
        gone += " You sign in with the password alone now; the recovery codes are void."
    messages.success(request, gone)
    return redirect("second-factor")


@never_cache
@require_POST
def recovery_codes(request: Request) -> HttpResponse:
    """Ten new recovery codes, shown this once."""
    if not actions.is_enabled(request.user):
        return redirect("second-factor")
    access.own(request.principal, request.user, "EnableMFADevice")
    if problem := _give(request, request.user, request.POST.get("code", "")):
        messages.error(request, f"The recovery codes stay: {problem[0].lower()}{problem[1:]}")
        return redirect("second-factor")
    fresh = actions.new_recovery_codes(user=request.user, by=request.principal, at=clock.now())
    return _page(request, CodeForm(), None, fresh)


@require_POST
def take(request: Request, name: str, device_id: int) -> HttpResponse:
    """An administrator takes a lost device off somebody's account."""
    user = access.changeable_user(request.principal, name, "iam:DeactivateMFADevice")
    device = get_object_or_404(VirtualDevice, pk=device_id, user=user)
    actions.remove_own(device=device, by=request.principal, at=clock.now())
    messages.success(request, f"{device.name} is taken off. {name} signs in with the password alone now.")
    return redirect("user", name=name)
