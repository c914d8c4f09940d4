"""Pages of alarms; names may hold slashes, so the routes with an ending stand first."""

from django.urls import path

from monitoring.alarms import views

urlpatterns = [
    path("alarms/", views.listing, name="alarms"),
    path("alarms/-/new/", views.create, name="alarm-new"),
    path("alarms/<path:name>/edit/", views.edit, name="alarm-edit"),
    path("alarms/<path:name>/delete/", views.delete, name="alarm-delete"),
    path("alarms/<path:name>/actions/", views.switch_actions, name="alarm-actions"),
    path("alarms/<path:name>/state/", views.set_state, name="alarm-state"),
    path("alarms/<path:name>/", views.detail, name="alarm"),
]
