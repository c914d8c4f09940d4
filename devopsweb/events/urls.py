"""Pages of the event feed."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
