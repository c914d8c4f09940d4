"""Pages of pipelines."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def later(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Answers until the pages stand."""
    return HttpResponse("")


urlpatterns = [
    path("pipelines/", later, name="pipelines"),
    path("pipelines/<str:name>/", later, name="pipeline"),
    path("pipelines/<str:name>/executions/<int:number>/", later, name="execution"),
    path("pipelines/<str:name>/executions/<int:number>/actions/<str:action>/", later, name="action"),
]
