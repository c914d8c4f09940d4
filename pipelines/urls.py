"""Pages of pipelines."""

from django.urls import path

from pipelines.views import approvals, boards, definitions, executions, verbs

urlpatterns = [
    path("pipelines/", boards.index, name="pipelines"),
    # Outside /pipelines/, where every word may be a pipeline's name.
    path("new/pipeline/", definitions.create, name="pipeline-new"),
    path("new/pipeline/json/", definitions.create_from_document, name="pipeline-new-json"),
    path("pipelines/<str:name>/", boards.show, name="pipeline"),
    path("pipelines/<str:name>/definition/", definitions.show, name="pipeline-definition"),
    path("pipelines/<str:name>/edit/", definitions.edit, name="pipeline-edit"),
    path("pipelines/<str:name>/delete/", definitions.delete, name="pipeline-delete"),
    path("pipelines/<str:name>/release/", verbs.release, name="pipeline-release"),
    path("pipelines/<str:name>/transitions/", verbs.transition, name="pipeline-transition"),
    path("pipelines/<str:name>/executions/", executions.index, name="executions"),
    path("pipelines/<str:name>/executions/<int:number>/", executions.show, name="execution"),
    path("pipelines/<str:name>/executions/<int:number>/stop/", verbs.stop, name="execution-stop"),
    path("pipelines/<str:name>/executions/<int:number>/retry/", verbs.retry, name="execution-retry"),
    path(
        "pipelines/<str:name>/executions/<int:number>/artifacts/<str:artifact>/",
        executions.artifact,
        name="execution-artifact",
    ),
    path("pipelines/<str:name>/executions/<int:number>/actions/<str:action>/", approvals.show, name="action"),
]
