"""Pipelines and their executions in the admin panel."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from devopsweb.ui import panel
from pipelines.actions import definitions, executions
from pipelines.arns import pipeline_arn
from pipelines.engine import definition
from pipelines.engine.types import Action
from pipelines.models import Pipeline, PipelineExecution, PipelineVersion
from pipelines.states import ExecutionState
from pipelines.urls_of import entity_url, execution_url


@admin.register(Pipeline)
class PipelineAdmin(panel.Kept):
    """Pipelines, each with its newest execution."""

    listing = ("codepipeline:ListPipelines", pipeline_arn("*"))
    viewing = "codepipeline:GetPipeline"
    creating = ("pipeline-new", "codepipeline:CreatePipeline", pipeline_arn("*"))
    verbs = (
        panel.deletion(
            permission="codepipeline:DeletePipeline",
            run=lambda row, by, at: definitions.delete(pipeline=row, by=by.arn, at=at),
            warning="Its versions and executions go too. Builds and deployments that it started go on.",
        ),
    )
    list_display = ["name", "last_status", "last_start", "runs", "version", "updated_at"]
    list_filter = [panel.TagFilter, "updated_at"]
    search_fields = ["name", "sources__repository"]
    ordering = ["name"]
    fields = (
        "name", "last_status", "last_start", "runs", "stages", "role", "version", "changed_by", "updated_at",
        "created_at", "resource", "labels",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Pipeline]":
        """With the newest execution."""
        newest = PipelineExecution.objects.filter(pipeline=OuterRef("pk")).order_by("-number")
        rows: QuerySet[Pipeline] = super().get_queryset(request)
        return rows.annotate(
            newest_status=Subquery(newest.values("status")[:1]),
            newest_start=Subquery(newest.values("started_at")[:1]),
        )

    def view_on_site(self, obj: Pipeline) -> str:
        """The pipeline's page."""
        return reverse("pipeline", args=[obj.name])

    def editor(self, row: Pipeline) -> tuple[str, str, str]:
        """The editor of its definition."""
        return "Edit definition", reverse("pipeline-edit", args=[row.name]), "codepipeline:UpdatePipeline"

    @admin.display(description="last execution", ordering="newest_status")
    def last_status(self, obj: Any) -> str:
        """How the newest execution is."""
        return panel.state(obj.newest_status) if obj.newest_status else "never started"

    @admin.display(description="last start", ordering="newest_start")
    def last_start(self, obj: Any) -> str:
        """When the newest execution began."""
        return panel.moment(obj.newest_start)

    @admin.display(description="executions", ordering="last_number")
    def runs(self, obj: Pipeline) -> str:
        """How many there were."""
        return panel.link(
            f"{reverse('admin:pipelines_pipelineexecution_changelist')}?q={obj.name}", obj.last_number
        )

    @admin.display
    def stages(self, obj: Pipeline) -> str:
        """Each stage with its actions."""
        declared = definition.load(_present(obj).document)
        found = (
            (stage.name, panel.lines([_sentence(action) for action in stage.actions]))
            for stage in declared.stages
        )
        return panel.pairs(dict(found))

    @admin.display
    def role(self, obj: Pipeline) -> str:
        """Under which it acts."""
        return definition.load(_present(obj).document).role_arn

    @admin.display(description="changed by")
    def changed_by(self, obj: Pipeline) -> str:
        """Who wrote the present version."""
        return panel.who(_present(obj).created_by)


def _present(pipeline: Pipeline) -> PipelineVersion:
    """The present version, read once for one page."""
    known: PipelineVersion | None = vars(pipeline).get("_shown_version")
    if known is None:
        known = vars(pipeline)["_shown_version"] = pipeline.versions.get(number=pipeline.version)
    return known


def _sentence(action: Action) -> str:
    """``Build: CodeBuild storefront``."""
    named = next(iter(action.configuration.values()), "")
    href = entity_url(action)
    return format_html(
        "{}: {} {}", action.name, action.type.provider, panel.link(href, named) if href else ""
    )


class ExecutionStates(panel.StateFilter):
    """By state."""

    states = ExecutionState


@admin.register(PipelineExecution)
class ExecutionAdmin(panel.Kept):
    """Executions of all pipelines, newest first."""

    listing = ("codepipeline:ListPipelineExecutions", pipeline_arn("*"))
    viewing = "codepipeline:GetPipelineExecution"
    verbs = (
        panel.Verb(
            name="stop",
            label="Stop",
            done="Stopping",
            permission="codepipeline:StopPipelineExecution",
            run=lambda row, by, at: executions.stop(
                execution=row, abandon=False, reason="Stopped in the admin panel.", by=by.arn, at=at
            ),
            warning="Actions that run are waited for, no further one begins. The page of the execution can abandon them.",
            offered=lambda row: row.status == ExecutionState.IN_PROGRESS,
        ),
    )
    list_display = ["execution", "state", "trigger", "starter", "started_at", "finished_at"]
    list_filter = [ExecutionStates, "started_at"]
    list_select_related = ["pipeline", "version"]
    search_fields = ["pipeline__name", "uuid", "started_by"]
    date_hierarchy = "started_at"
    ordering = ["-pk"]
    fields = (
        "execution", "state", "reason", "trigger", "starter", "revision", "stages_entered", "version_number",
        "values", "started_at", "finished_at", "execution_id",
    )  # fmt: skip

    def guard(self, row: PipelineExecution) -> str:
        """Permissions name the pipeline."""
        return row.pipeline.arn

    def get_queryset(self, request: HttpRequest) -> "QuerySet[PipelineExecution]":
        """With the pipeline."""
        rows: QuerySet[PipelineExecution] = super().get_queryset(request)
        return rows.select_related("pipeline", "version")

    def view_on_site(self, obj: PipelineExecution) -> str:
        """The execution's page."""
        return execution_url(obj)

    @admin.display(ordering="pk")
    def execution(self, obj: PipelineExecution) -> str:
        """Pipeline and number."""
        return str(obj)

    @admin.display(description="status", ordering="status")
    def state(self, obj: PipelineExecution) -> str:
        """How it is."""
        return panel.state(obj.status)

    @admin.display(description="execution ID")
    def execution_id(self, obj: PipelineExecution) -> str:
        """AWS's name of it."""
        return obj.uuid

    @admin.display(description="reason")
    def reason(self, obj: PipelineExecution) -> str:
        """Why it ended so."""
        return obj.stop_reason or obj.status_summary or "-"

    @admin.display(description="trigger", ordering="trigger_type")
    def trigger(self, obj: PipelineExecution) -> str:
        """What started it."""
        return panel.worded(obj.trigger_type)

    @admin.display(description="started by", ordering="started_by")
    def starter(self, obj: PipelineExecution) -> str:
        """Who started it."""
        return panel.who(obj.started_by)

    @admin.display
    def revision(self, obj: PipelineExecution) -> str:
        """What it took from its sources."""
        return panel.lines([f"{one.repository} {one.sha[:10]}" for one in obj.commits.all()])

    @admin.display(description="stages")
    def stages_entered(self, obj: PipelineExecution) -> str:
        """How far it came."""
        return panel.pairs({stage.name: panel.state(stage.status) for stage in obj.stages.order_by("index")})

    @admin.display(description="version")
    def version_number(self, obj: PipelineExecution) -> int:
        """Of the definition."""
        return obj.version.number

    @admin.display(description="variables")
    def values(self, obj: PipelineExecution) -> str:
        """Of the pipeline's own variables."""
        return panel.pairs(obj.variables)
