"""Build projects and builds in the admin panel."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.ui import panel
from pipelines.builds import access, presentation, queries
from pipelines.builds.actions import builds, projects
from pipelines.builds.models import Build, Project
from pipelines.builds.states import BuildStatus

EVERY = arn("codebuild", "project/*")


@admin.register(Project)
class ProjectAdmin(panel.Kept):
    """Build projects, each with its newest build."""

    listing = ("codebuild:ListProjects", EVERY)
    viewing = "codebuild:BatchGetProjects"
    creating = ("build-project-new", "codebuild:CreateProject", EVERY)
    verbs = (
        panel.deletion(
            permission="codebuild:DeleteProject",
            run=lambda row, by, at: projects.delete(row, principal=by),
            warning="Its builds and their logs stay. Pipelines that use it fail at their next build.",
        ),
    )
    list_display = ["name", "source", "last_status", "last_start", "runs", "updated_at"]
    list_filter = [panel.TagFilter, "network", "updated_at"]
    search_fields = ["name", "description", "repository"]
    ordering = ["name"]
    fieldsets = (
        (None, {"fields": ("name", "description", "last_status", "last_start", "runs")}),
        ("What is built", {"fields": ("source", "source_version", "steps", "variables")}),
        ("How", {"fields": (
            "image", "network", "memory", "limit", "waits", "concurrent_builds",
            "service_role",
        )}),
        ("Record", {"fields": ("resource", "labels", "created_at", "updated_at")}),
    )  # fmt: skip

    def hidden(self, principal: Principal) -> Q | None:
        """Those that may not be looked at."""
        rows = Project.objects.values_list("name", flat=True)
        by_arn = {arn("codebuild", f"project/{name}"): name for name in rows}
        seen = set(iam.allowed_of(principal, self.viewing, by_arn))
        found = [name for one, name in by_arn.items() if one not in seen]
        return Q(name__in=found) if found else None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Project]":
        """With the newest build."""
        newest = Build.objects.filter(project_name=OuterRef("name")).order_by("-pk")
        rows: QuerySet[Project] = super().get_queryset(request)
        return rows.annotate(
            newest_status=Subquery(newest.values("status")[:1]),
            newest_start=Subquery(newest.values("created_at")[:1]),
        )

    def view_on_site(self, obj: Project) -> str:
        """The project's page."""
        return reverse("build-project", args=[obj.name])

    def editor(self, row: Project) -> tuple[str, str, str]:
        """The project's settings."""
        return "Settings", reverse("build-project-edit", args=[row.name]), "codebuild:UpdateProject"

    @admin.display(ordering="repository")
    def source(self, obj: Project) -> str:
        """Where the source comes from."""
        if obj.repository:
            return panel.link(reverse("repository", args=[obj.repository]), obj.repository)
        return "the pipeline" if obj.source_type == "CODEPIPELINE" else "none"

    @admin.display(description="last build", ordering="newest_status")
    def last_status(self, obj: Any) -> str:
        """How the newest build is."""
        return panel.state(obj.newest_status) if obj.newest_status else "never built"

    @admin.display(description="last start", ordering="newest_start")
    def last_start(self, obj: Any) -> str:
        """When the newest build was asked for."""
        return panel.moment(obj.newest_start)

    @admin.display(description="builds", ordering="next_number")
    def runs(self, obj: Project) -> str:
        """How many there were."""
        return panel.link(f"{reverse('admin:builds_build_changelist')}?q={obj.name}", obj.next_number - 1)

    @admin.display(description="buildspec")
    def steps(self, obj: Project) -> str:
        """The text, or where it lies."""
        return (
            panel.text(obj.buildspec)
            if "\n" in obj.buildspec
            else obj.buildspec or "buildspec.yml of the source"
        )

    @admin.display
    def variables(self, obj: Project) -> str:
        """The environment; secrets stay secret."""
        return _variables(obj.environment)

    @admin.display
    def memory(self, obj: Project) -> str:
        """What a build may use."""
        return f"{obj.memory_mib} MiB"

    @admin.display(description="a build may take")
    def limit(self, obj: Project) -> str:
        """Then it has timed out."""
        return f"{obj.timeout_minutes} minutes"

    @admin.display(description="and wait")
    def waits(self, obj: Project) -> str:
        """Then it has timed out too."""
        return f"{obj.queued_timeout_minutes} minutes"


def _variables(environment: Any) -> str:
    return panel.pairs({row["name"]: row["value"] for row in presentation.masked(environment)})


class BuildStates(panel.StateFilter):
    """By state."""

    states = BuildStatus


@admin.register(Build)
class BuildAdmin(panel.Kept):
    """Builds of all projects, newest first."""

    listing = ("codebuild:ListBuilds", EVERY)
    viewing = "codebuild:BatchGetBuilds"
    verbs = (
        panel.Verb(
            name="stop",
            label="Stop",
            done="Stopping",
            permission="codebuild:StopBuild",
            run=lambda row, by, at: builds.stop(row, principal=by, at=at),
            warning="The command that runs is ended, the build is Stopped. A build that is over stays as it is.",
            offered=lambda row: not row.is_complete,
        ),
        panel.Verb(
            name="delete",
            label="Delete",
            done="Deleted",
            permission="codebuild:BatchDeleteBuilds",
            run=lambda row, by, at: builds.delete(row, principal=by),
            warning="The build leaves the history; its log keeps its own retention.",
            deletes=True,
            offered=lambda row: row.is_complete,
        ),
    )
    list_display = ["build", "state", "phase", "initiator_name", "created_at", "ended_at"]
    list_filter = [BuildStates, "created_at"]
    search_fields = ["project_name", "uuid", "initiator", "resolved_version"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    fields = (
        "build", "state", "phases_seen", "problem", "initiator_name", "source_of", "resolved_version", "variables",
        "artifact_names", "created_at", "started_at", "ended_at", "resource",
    )  # fmt: skip

    def guard(self, row: Build) -> str:
        """Permissions name the project."""
        return row.project_arn

    def called(self, row: Build) -> str:
        """Project and number."""
        return f"{row.project_name} #{row.number}"

    def history_of(self, row: Build) -> str:
        """The trail tells of the project."""
        return row.project_arn

    def hidden(self, principal: Principal) -> Q | None:
        """Those of projects whose builds may not be looked at."""
        names = queries.project_names()
        found = set(names) - set(access.visible(principal, names))
        return Q(project_name__in=found) if found else None

    @admin.display(ordering="pk")
    def build(self, obj: Build) -> str:
        """Project and number."""
        return self.called(obj)

    @admin.display(description="status", ordering="status")
    def state(self, obj: Build) -> str:
        """How it is."""
        return panel.state(obj.status)

    @admin.display(ordering="current_phase")
    def phase(self, obj: Build) -> str:
        """Where it is."""
        return panel.worded(obj.current_phase)

    @admin.display(description="phases")
    def phases_seen(self, obj: Build) -> str:
        """How far it came."""
        return panel.pairs({panel.worded(one.name): panel.state(one.status) for one in obj.phases.all()})

    @admin.display
    def problem(self, obj: Build) -> str:
        """Why it failed."""
        return f"{panel.worded(obj.failure['phase'])}: {obj.failure['message']}" if obj.failure else "-"

    @admin.display(description="initiator", ordering="initiator")
    def initiator_name(self, obj: Build) -> str:
        """Who or what started it."""
        return panel.who(obj.initiator)

    @admin.display(description="source")
    def source_of(self, obj: Build) -> str:
        """What it builds."""
        return " ".join(filter(None, (obj.source.get("repository"), obj.source.get("version")))) or "-"

    @admin.display
    def variables(self, obj: Build) -> str:
        """The environment; secrets stay secret."""
        return _variables(obj.settings.get("environment", []))

    @admin.display(description="artifacts")
    def artifact_names(self, obj: Build) -> str:
        """What it made."""
        return panel.lines(sorted(obj.artifacts))
