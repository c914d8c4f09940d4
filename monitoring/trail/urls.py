"""Pages of the feed and of the audit trail."""

from django.urls import path

from monitoring.trail.views import events, files, records, trails

urlpatterns = [
    path("events/", events.feed, name="events"),
    path("events/<str:event_id>/", events.event, name="event"),
    path("trail/", records.trail, name="trail"),
    path("trail/files/", files.index, name="trail-files"),
    path("trail/files/<int:number>/", files.download, name="trail-file"),
    path("trail/trails/-/new/", trails.create, name="trail-new"),
    path("trail/trails/<str:name>/", trails.edit, name="trail-edit"),
    path("trail/trails/<str:name>/logging/", trails.logging, name="trail-logging"),
    path("trail/trails/<str:name>/delete/", trails.delete, name="trail-delete"),
    path("trail/records/<str:event_id>/", records.record, name="trail-record"),
]
