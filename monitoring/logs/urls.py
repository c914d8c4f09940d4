"""Pages of monitoring.logs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
