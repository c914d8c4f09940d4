"""Pages of monitoring.alarms."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
