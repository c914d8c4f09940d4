"""Pages of monitoring.logs; ranges, search and downloads are in ``streams.py``."""

from django.urls import path

from monitoring.logs import views

urlpatterns = [
    path("logs/", views.groups, name="log-groups"),
    path("logs/group/", views.group, name="log-group"),
    path("logs/group/keep/", views.keep, name="log-group-keep"),
    path("logs/view/<uuid:stream_id>/", views.stream, name="log-stream"),
]
