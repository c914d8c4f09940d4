"""The two ends of a sign-in at a provider."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from devopsweb.iam.sso import views

urlpatterns = [
    path("login/with/<slug:slug>/", login_not_required(views.leave), name="sso-leave"),
    path("login/with/<slug:slug>/back/", login_not_required(views.back), name="sso-back"),
]
