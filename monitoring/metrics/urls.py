"""Pages of metrics."""

from django.urls import path

from monitoring.metrics import views

urlpatterns = [path("metrics/", views.browse, name="metrics")]
