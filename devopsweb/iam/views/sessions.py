"""Signing in and out, and a user's own settings."""

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from devopsweb.iam.actions import passwords, sessions
from devopsweb.iam.forms import PasswordForm, ShortcutsForm, SignInForm
from devopsweb.iam.http import Request
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.mfa import gate
from devopsweb.iam.models import BrowserSession
from devopsweb.iam.sso.models import SignInProvider
from devopsweb.iam.views.entering import enter
from devopsweb.kernel import clock


class SignIn(auth.LoginView):
    """The sign-in page; ``next`` leads only to pages of our own."""

    template_name = "iam/login.html"
    authentication_form = SignInForm  # type: ignore[assignment]
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The providers beside the password."""
        providers = SignInProvider.objects.filter(enabled=True).order_by("name")
        return super().get_context_data(**more) | {"providers": providers}

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin the session, or ask for the second factor first."""
        user, at = form.get_user(), clock.now()
        if mfa.is_enabled(user):
            gate.hold(self.request.session, user, next_page=self.get_success_url(), at=at)
            return redirect("login-code")
        enter(self.request, user, at=at)
        return redirect(self.get_success_url())


class SignOut(auth.LogoutView):
    """Ends the session and the sockets of its pages."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out."""
        sessions.forget(session_key=request.session.session_key or "")
        return super().post(request, *args, **kwargs)


def settings(request: Request) -> HttpResponse:
    """What a user decides for themselves."""
    password, shortcuts = PasswordForm(request.user), ShortcutsForm(instance=request.user)
    if request.method == "POST" and "old_password" in request.POST:
        password = PasswordForm(request.user, request.POST)
        if password.is_valid():
            return _change_password(request, password.cleaned_data["new_password1"])
    elif request.method == "POST":
        shortcuts = ShortcutsForm(request.POST, instance=request.user)
        if shortcuts.is_valid():
            request.user.save(update_fields=["single_keys"])
            messages.success(request, "Settings saved.")
            return redirect("settings")
    context = {
        "password": password,
        "shortcuts": shortcuts,
        "sessions": sessions.present(user=request.user, at=clock.now()),
        "session_key": request.session.session_key,
        "second_factor": mfa.is_enabled(request.user),
        "base_url": django_settings.DEVOPSWEB_BASE_URL,
    }
    status = 400 if password.errors or shortcuts.errors else 200
    return render(request, "iam/settings.html", context, status=status)


def _change_password(request: Request, password: str) -> HttpResponse:
    old_key = str(request.session.session_key)
    passwords.set_password(user=request.user, password=password, by=request.principal, at=clock.now())
    update_session_auth_hash(request, request.user)
    request.session.save()
    new_key = str(request.session.session_key)
    sessions.move(old_key=old_key, new_key=new_key)
    sessions.end_others(user=request.user, keep=new_key)
    messages.success(request, "Password changed. Every other browser is signed out.")
    return redirect("settings")


@require_POST
def end_session(request: Request, session_id: int) -> HttpResponse:
    """Sign one of the user's own browsers out."""
    session = get_object_or_404(BrowserSession, user=request.user, pk=session_id)
    sessions.end(session=session)
    messages.success(request, f"Signed out {session.browser}.")
    return redirect("settings")
