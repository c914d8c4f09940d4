"""Pages of builds. A ``+`` cannot stand in a project's name, so these addresses hide none."""

from django.urls import URLPattern, path

from pipelines.builds.views import builds, machine, projects

urlpatterns: list[URLPattern] = [
    path("builds/", builds.index, name="builds"),
    path("builds/+new/", projects.create, name="build-project-new"),
    path("builds/+machine/", machine.show, name="builds-machine"),
    path("builds/<str:project>/", projects.show, name="build-project"),
    path("builds/<str:project>/+start/", projects.start, name="build-start"),
    path("builds/<str:project>/+settings/", projects.edit, name="build-project-edit"),
    path("builds/<str:project>/+delete/", projects.delete, name="build-project-delete"),
    path("builds/<str:project>/<int:number>/", builds.show, name="build"),
    path("builds/<str:project>/<int:number>/stop/", builds.stop, name="build-stop"),
    path("builds/<str:project>/<int:number>/retry/", builds.retry, name="build-retry"),
    path("builds/<str:project>/<int:number>/raw/", builds.raw, name="build-raw"),
    path("builds/<str:project>/<int:number>/artifacts/<str:name>/", builds.artifact, name="build-artifact"),
]
