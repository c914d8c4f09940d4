"""Pages of the feed."""

from django.urls import path

from monitoring.trail import views

urlpatterns = [
    path("events/", views.feed, name="events"),
    path("events/<str:event_id>/", views.event, name="event"),
]
