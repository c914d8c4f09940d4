"""Pages of repos.git."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
