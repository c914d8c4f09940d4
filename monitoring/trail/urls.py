"""Pages of the feed and of the audit trail."""

from django.urls import path

from monitoring.trail.views import events, files, records

urlpatterns = [
    path("events/", events.feed, name="events"),
    path("events/<str:event_id>/", events.event, name="event"),
    path("trail/", records.trail, name="trail"),
    path("trail/files/", files.index, name="trail-files"),
    path("trail/files/<int:number>/", files.download, name="trail-file"),
    path("trail/records/<str:event_id>/", records.record, name="trail-record"),
]
