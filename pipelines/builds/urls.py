"""Pages of pipelines.builds."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
