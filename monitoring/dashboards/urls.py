"""Pages of monitoring.dashboards."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
