"""Pages of the shell itself."""

from django.urls import path

from devopsweb.ui import views

urlpatterns = [
    path("", views.home, name="home"),
    path("nav/", views.nav, name="nav"),
    path("palette/", views.palette_rows, name="palette"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
