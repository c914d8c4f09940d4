"""Rows for a principal, or a refusal that names the missing action and ARN."""

from collections.abc import Sequence

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.arns import pipeline_arn
from pipelines.engine import definition
from pipelines.errors import (
    ActionNotFound,
    PipelineExecutionNotFound,
    PipelineNotFound,
    PipelineVersionNotFound,
    StageNotFound,
)
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, PipelineVersion


def any_pipeline(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list pipelines."""
    iam.require(principal, "codepipeline:ListPipelines", pipeline_arn("*"))


def may_list(principal: Principal) -> bool:
    """Whether ``principal`` may list pipelines."""
    return iam.is_allowed(principal, "codepipeline:ListPipelines", pipeline_arn("*"))


def may_create(principal: Principal, name: str = "*") -> bool:
    """Whether ``principal`` may create a pipeline."""
    return iam.is_allowed(principal, "codepipeline:CreatePipeline", pipeline_arn(name))


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of pipelines, also for their stages and actions (``web/Build``)."""
    names = {resource: resource.partition("/")[0] for resource in resources}
    found = dict(Pipeline.objects.filter(name__in=set(names.values())).values_list("name", "tags"))
    return {resource: found.get(name, {}) for resource, name in names.items()}


def pipeline(principal: Principal, name: str, action: str, resource: str = "") -> Pipeline:
    """The pipeline, for ``action`` (``codepipeline:GetPipeline``) upon it or a part of it (``resource``).

    Raises ``PipelineNotFound``.
    """
    iam.require(principal, action, resource or pipeline_arn(name))
    row = Pipeline.objects.filter(name=name).first()
    if row is None:
        raise PipelineNotFound(f"There is no pipeline {name!r}.")
    return row


def execution(principal: Principal, name: str, number: int, action: str) -> PipelineExecution:
    """The execution by its number. Raises ``PipelineNotFound``, ``PipelineExecutionNotFound``."""
    owner = pipeline(principal, name, action)
    row = owner.executions.select_related("version", "superseded_by").filter(number=number).first()
    if row is None:
        raise PipelineExecutionNotFound(f"The pipeline {name} has no execution #{number}.")
    row.pipeline = owner
    return row


def action_of(
    principal: Principal, name: str, number: int, action: str, *, stage: str = ""
) -> ActionExecution:
    """The current attempt of an action, for reading; ``stage`` when its name alone is not unique.

    Of several, the one that waits comes first. Raises ``ActionNotFound``.
    """
    run = execution(principal, name, number, "codepipeline:GetPipelineExecution")
    rows = ActionExecution.objects.select_related("stage").filter(execution=run, name=action, current=True)
    found = [row for row in rows.order_by("stage__index") if stage in ("", row.stage.name)]
    if not found:
        raise ActionNotFound(f"{name} #{number} has not reached an action {action!r}.")
    row = min(found, key=lambda one: not one.is_waiting)
    row.execution = row.stage.execution = run
    return row


def version(pipeline: Pipeline, number: int) -> PipelineVersion:
    """One version of a pipeline. Raises ``PipelineVersionNotFound``."""
    row = pipeline.versions.filter(number=number).first()
    if row is None:
        raise PipelineVersionNotFound(f"The pipeline {pipeline.name} has no version {number}.")
    return row


def run(
    principal: Principal, name: str, execution_id: str, action: str, resource: str = ""
) -> PipelineExecution:
    """An execution of the pipeline ``name`` by AWS's id, for ``action``.

    Raises ``PipelineNotFound``, ``PipelineExecutionNotFound``.
    """
    owner = pipeline(principal, name, action, resource)
    row = by_id(execution_id)
    if row.pipeline_id != owner.pk:
        raise PipelineExecutionNotFound(f"The pipeline {name} has no execution {execution_id!r}.")
    return row


def by_id(execution_id: str) -> PipelineExecution:
    """An execution by AWS's id; the caller checks access. Raises ``PipelineExecutionNotFound``."""
    rows = PipelineExecution.objects.select_related("pipeline", "version").filter(uuid=execution_id)
    row = rows.first()
    if row is None:
        raise PipelineExecutionNotFound(f"There is no pipeline execution {execution_id!r}.")
    return row


def approval(pipeline_name: str, stage: str, action: str) -> ActionExecution:
    """The newest attempt of an approval, for answering it; the caller checks access.

    Raises ``PipelineNotFound``, ``StageNotFound``, ``ActionNotFound``.
    """
    owner = Pipeline.objects.filter(name=pipeline_name).first()
    if owner is None:
        raise PipelineNotFound(f"There is no pipeline {pipeline_name!r}.")
    document = owner.versions.get(number=owner.version).document
    declared = next((one for one in definition.load(document).stages if one.name == stage), None)
    if declared is None:
        raise StageNotFound(f"The pipeline {pipeline_name} has no stage {stage!r}.")
    rows = ActionExecution.objects.select_related("stage", "execution__pipeline", "execution__version")
    mine = rows.filter(execution__pipeline=owner, stage__name=stage, name=action, current=True)
    row = mine.order_by("-execution__number").first()
    if row is None or row.category != "Approval":
        raise ActionNotFound(f"No execution of {pipeline_name} has reached an approval {stage}/{action}.")
    return row


def may_watch_all(principal: Principal, name: str) -> bool:
    """Topic ``pipelines:all``."""
    return may_list(principal)


def may_watch(principal: Principal, name: str) -> bool:
    """Topic ``pipeline:<name>``."""
    return iam.is_allowed(principal, "codepipeline:GetPipelineState", pipeline_arn(name))


def may_watch_execution(principal: Principal, name: str) -> bool:
    """Topic ``execution:<id>``."""
    row = PipelineExecution.objects.select_related("pipeline").filter(uuid=name).first()
    return row is not None and may_watch(principal, row.pipeline.name)
