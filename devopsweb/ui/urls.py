"""Pages of the shell itself."""

from django.urls import path

from devopsweb.ui import views

urlpatterns = [path("", views.home, name="home")]
