"""Pages of monitoring.metrics."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
