"""Signing in, one's own settings, and the pages of access."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from devopsweb.iam.views import sessions

urlpatterns = [
    path("login/", login_not_required(sessions.SignIn.as_view()), name="login"),
    path("logout/", login_not_required(sessions.SignOut.as_view()), name="logout"),
    path("settings/", sessions.settings, name="settings"),
    path("settings/sessions/<int:session_id>/end/", sessions.end_session, name="end-session"),
]
