"""Pages of deployments.compute."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
