"""Addresses of a pipeline's pages."""

from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

from pipelines.engine.types import Action
from pipelines.models import ActionExecution, PipelineExecution


def execution_url(execution: PipelineExecution) -> str:
    """The page of an execution."""
    return reverse("execution", kwargs={"name": execution.pipeline.name, "number": execution.number})


def action_url(action: ActionExecution) -> str:
    """The page of an action (the approval page); names are unique within a stage only."""
    execution = action.execution
    page = reverse(
        "action",
        kwargs={"name": execution.pipeline.name, "number": execution.number, "action": action.name},
    )
    stages = execution.version.document["stages"]
    same = sum(declared["name"] == action.name for stage in stages for declared in stage["actions"])
    return page if same < 2 else f"{page}?stage={quote(action.stage.name)}"


def entity_url(action: Action) -> str:
    """The page of what an action works with; empty when its name depends on the execution."""
    settings_of = action.configuration
    if any("#{" in value for value in settings_of.values()):
        return ""
    match action.type.provider:
        case "CodeCommit":
            return reverse("repository", kwargs={"repository": settings_of["RepositoryName"]})
        case "CodeBuild":
            return reverse("build-project", kwargs={"project": settings_of["ProjectName"]})
        case "CodeDeploy":
            names = {"application": "ApplicationName", "group": "DeploymentGroupName"}
            return reverse("deployment-group", kwargs={key: settings_of[name] for key, name in names.items()})
        case _:
            return ""


def absolute(path: str) -> str:
    """``path`` for people outside a browser."""
    return settings.DEVOPSWEB_BASE_URL.rstrip("/") + path
