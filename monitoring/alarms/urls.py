"""Pages of alarms."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def _soon(request: HttpRequest, name: str = "") -> HttpResponse:
    return HttpResponse(name)


urlpatterns = [path("alarms/<path:name>/", _soon, name="alarm")]
