"""The second factor's pages."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from devopsweb.iam.mfa import views

urlpatterns = [
    path("login/code/", login_not_required(views.ask), name="login-code"),
    path("settings/second-factor/", views.setup, name="second-factor"),
    path("settings/second-factor/<int:device_id>/remove/", views.remove, name="second-factor-remove"),
    path("settings/second-factor/recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path(
        "access/users/<str:name>/second-factor/<int:device_id>/take/", views.take, name="second-factor-take"
    ),
]
