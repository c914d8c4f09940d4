"""Signing in and out, and a user's own settings."""

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from devopsweb.iam import password_policy
from devopsweb.iam.actions import passwords, sessions
from devopsweb.iam.api import is_allowed, principal_of
from devopsweb.iam.forms import NewPasswordForm, PasswordForm, ShortcutsForm, SignInForm
from devopsweb.iam.http import Request
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.mfa import gate
from devopsweb.iam.models import BrowserSession
from devopsweb.iam.sso.models import SignInProvider
from devopsweb.iam.views.entering import proceed
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
        """Begin the session, or ask for what is still owed."""
        user, at = form.get_user(), clock.now()
        if password_policy.is_locked(user, at=at):
            form.add_error(None, "Your password has expired. Ask an administrator for a new one.")
            return self.form_invalid(form)
        return proceed(self.request, user, next_page=self.get_success_url(), at=at)


@never_cache
def new_password(request: HttpRequest) -> HttpResponse:
    """The last step of signing in with a password that must be changed."""
    at = clock.now()
    owed = gate.held(request.session, step="password", at=at)
    if owed is None:
        return redirect("login")
    user = owed.user
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not user.check_password(form.cleaned_data["new_password1"]):
            by = principal_of(user)
            passwords.set_password(user=user, password=form.cleaned_data["new_password1"], by=by, at=at)
            return proceed(
                request, user, next_page=owed.next_page, at=at, code_given=owed.code_given, code_asked=True
            )
        form.add_error("new_password1", "That is the present password. Choose another one.")
    context = {"form": form, "who": user.username, "region": django_settings.DEVOPSWEB_REGION}
    return render(request, "iam/new_password.html", context, status=400 if form.errors else 200)


class SignOut(auth.LogoutView):
    """Ends the session and the sockets of its pages."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out."""
        sessions.forget(session_key=request.session.session_key or "")
        return super().post(request, *args, **kwargs)


def settings(request: Request) -> HttpResponse:
    """What a user decides for themselves."""
    password, shortcuts = PasswordForm(request.user), ShortcutsForm(instance=request.user)
    may_change = _may_change_password(request)
    if request.method == "POST" and "old_password" in request.POST and may_change:
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
        "may_change_password": may_change,
        "sessions": sessions.present(user=request.user, at=clock.now()),
        "session_key": request.session.session_key,
        "second_factor": mfa.is_enabled(request.user),
        "base_url": django_settings.DEVOPSWEB_BASE_URL,
    }
    status = 400 if password.errors or shortcuts.errors else 200
    return render(request, "iam/settings.html", context, status=status)


def _may_change_password(request: Request) -> bool:
    """An account with a password policy decides whether its users change their own."""
    policy = password_policy.current()
    if not request.user.has_usable_password():
        return False
    if policy is None or policy.users_may_change:
        return True
    return is_allowed(request.principal, "iam:ChangePassword", request.user.arn)


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


@require_POST
def end_other_sessions(request: Request) -> HttpResponse:
    """Sign every browser of the user's out but this one."""
    sessions.end_others(user=request.user, keep=str(request.session.session_key))
    messages.success(request, "Every other browser is signed out.")
    return redirect("settings")
