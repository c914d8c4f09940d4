"""Applications, groups, deployments and configurations in the admin panel."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse

from deployments import access, presentation
from deployments.actions import applications
from deployments.actions import deployments as actions
from deployments.engine.configs import Config, Kind
from deployments.models import Application, Deployment, DeploymentConfig, DeploymentGroup
from deployments.states import ACTIVE, DeploymentStatus
from devopsweb.kernel.arn import arn
from devopsweb.ui import panel

_CHANGE = "admin:deployments_{}_change"


@admin.register(Application)
class ApplicationAdmin(panel.Kept):
    """Applications, with their groups."""

    listing = ("codedeploy:ListApplications", access.application_arn("*"))
    viewing = "codedeploy:GetApplication"
    creating = ("application-new", "codedeploy:CreateApplication", access.application_arn("*"))
    verbs = (
        panel.deletion(
            permission="codedeploy:DeleteApplication",
            run=lambda row, by, at: applications.delete_application(application=row, at=at, by=by.arn),
            warning="Its groups and the history of their deployments go too. Hosts keep what is installed.",
        ),
    )
    list_display = ["name", "groups_count", "last_deployment", "compute_platform", "created_at"]
    list_filter = [panel.TagFilter, "created_at"]
    search_fields = ["name", "groups__name"]
    ordering = ["name"]
    fields = (
        "name", "group_links", "last_deployment", "compute_platform", "resource", "labels", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Application]":
        """With groups and the newest deployment."""
        rows: QuerySet[Application] = super().get_queryset(request)
        newest = Deployment.objects.filter(group__application=OuterRef("pk")).order_by("-pk")
        return rows.annotate(
            group_count=Count("groups"), deployed_at=Subquery(newest.values("created_at")[:1])
        )

    def view_on_site(self, obj: Application) -> str:
        """The application's page."""
        return reverse("application", args=[obj.name])

    @admin.display(description="groups", ordering="group_count")
    def groups_count(self, obj: Any) -> int:
        """How many."""
        return int(obj.group_count)

    @admin.display(description="last deployment", ordering="deployed_at")
    def last_deployment(self, obj: Any) -> str:
        """When the newest one began."""
        return panel.moment(obj.deployed_at)

    @admin.display(description="groups")
    def group_links(self, obj: Application) -> str:
        """Each of them."""
        groups = obj.groups.order_by("name")
        return panel.lines(
            [panel.link(reverse(_CHANGE.format("deploymentgroup"), args=[g.pk]), g.name) for g in groups]
        )


@admin.register(DeploymentGroup)
class GroupAdmin(panel.Kept):
    """Deployment groups, with what was deployed last."""

    listing = ("codedeploy:ListDeploymentGroups", access.group_arn("*", "*"))
    viewing = "codedeploy:GetDeploymentGroup"
    verbs = (
        panel.deletion(
            permission="codedeploy:DeleteDeploymentGroup",
            run=lambda row, by, at: applications.delete_group(group=row, at=at, by=by.arn),
            warning="The history of its deployments goes too. Hosts keep what is installed.",
        ),
    )
    list_display = ["group", "last_status", "last_start", "config", "rolls_back", "created_at"]
    list_filter = [panel.TagFilter, "auto_rollback", "created_at"]
    search_fields = ["name", "application__name", "config_name"]
    ordering = ["application__name", "name"]
    fields = (
        "group", "last_status", "last_start", "last_good", "hosts", "config", "rolls_back", "service_role",
        "resource", "labels", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> "QuerySet[DeploymentGroup]":
        """With the application and the last deployments."""
        rows: QuerySet[DeploymentGroup] = super().get_queryset(request)
        return rows.select_related("application", "last_attempted", "last_successful")

    def view_on_site(self, obj: DeploymentGroup) -> str:
        """The group's page."""
        return reverse("deployment-group", args=[obj.application.name, obj.name])

    def editor(self, row: DeploymentGroup) -> tuple[str, str, str]:
        """The group's form."""
        address = reverse("deployment-group-edit", args=[row.application.name, row.name])
        return "Edit", address, "codedeploy:UpdateDeploymentGroup"

    @admin.display(ordering="application__name")
    def group(self, obj: DeploymentGroup) -> str:
        """Application and group."""
        return str(obj)

    @admin.display(description="last deployment", ordering="last_attempted__status")
    def last_status(self, obj: DeploymentGroup) -> str:
        """How the newest deployment is."""
        return panel.state(obj.last_attempted.status) if obj.last_attempted else "never deployed"

    @admin.display(description="last start", ordering="last_attempted__created_at")
    def last_start(self, obj: DeploymentGroup) -> str:
        """When the newest deployment began."""
        return panel.moment(obj.last_attempted.created_at if obj.last_attempted else None)

    @admin.display(description="last good deployment")
    def last_good(self, obj: DeploymentGroup) -> str:
        """What is installed."""
        found = obj.last_successful
        return panel.link(reverse("deployment", args=[found.code]), found.code) if found else "-"

    @admin.display
    def hosts(self, obj: DeploymentGroup) -> str:
        """Which hosts it finds: those of every line, by name or by one of its tags."""
        sets = [
            " or ".join(f"{one.get('Key') or 'any tag'} = {one.get('Value') or 'anything'}" for one in part)
            for part in obj.tag_filters
        ]
        return panel.lines([*sets, *obj.instance_names])

    @admin.display(description="configuration", ordering="config_name")
    def config(self, obj: DeploymentGroup) -> str:
        """How many hosts at a time."""
        return obj.config_name

    @admin.display(description="rolls back by itself", boolean=True, ordering="auto_rollback")
    def rolls_back(self, obj: DeploymentGroup) -> bool:
        """After a failure."""
        return obj.auto_rollback


class DeploymentStates(panel.StateFilter):
    """By state."""

    states = DeploymentStatus


@admin.register(Deployment)
class DeploymentAdmin(panel.Kept):
    """Deployments, newest first."""

    listing = ("codedeploy:ListDeployments", access.group_arn("*", "*"))
    viewing = "codedeploy:GetDeployment"
    verbs = (
        panel.Verb(
            name="stop",
            label="Stop",
            done="Stopping",
            permission="codedeploy:StopDeployment",
            run=lambda row, by, at: actions.stop(deployment=row, principal=by, at=at),
            warning="Events that run finish, nothing more begins. Whether it rolls back is as the deployment says.",
            offered=lambda row: row.status in ACTIVE,
        ),
    )
    list_display = ["code", "group_name", "state", "what", "creator_name", "created_at", "completed_at"]
    list_filter = [DeploymentStates, "creator", "created_at"]
    search_fields = [
        "code",
        "group__name",
        "group__application__name",
        "revision_commit",
        "revision_repository",
    ]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    fields = (
        "code", "group_name", "state", "problem", "what", "description", "config", "hosts", "creator_name",
        "stopped_by", "rolled_back", "created_at", "started_at", "completed_at",
    )  # fmt: skip

    def guard(self, row: Deployment) -> str:
        """Permissions name the group."""
        return row.group.arn

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Deployment]":
        """With the group and its application."""
        rows: QuerySet[Deployment] = super().get_queryset(request)
        return rows.select_related("group__application", "rollback_of")

    def view_on_site(self, obj: Deployment) -> str:
        """The deployment's page."""
        return reverse("deployment", args=[obj.code])

    @admin.display(description="group", ordering="group__application__name")
    def group_name(self, obj: Deployment) -> str:
        """Application and group."""
        return panel.link(reverse(_CHANGE.format("deploymentgroup"), args=[obj.group_id]), obj.group)

    @admin.display(description="status", ordering="status")
    def state(self, obj: Deployment) -> str:
        """How it is."""
        return panel.state(obj.status)

    @admin.display
    def problem(self, obj: Deployment) -> str:
        """Why it failed."""
        title = presentation.TITLES.get(obj.error_code, obj.error_code)
        return ". ".join(filter(None, (title, obj.error_message))) or "-"

    @admin.display(description="revision")
    def what(self, obj: Deployment) -> str:
        """The commit, or the bundle."""
        return presentation.label(obj.revision_commit, obj.revision_digest)

    @admin.display(description="configuration", ordering="config_name")
    def config(self, obj: Deployment) -> str:
        """How many hosts at a time."""
        return obj.config_name

    @admin.display(description="hosts")
    def hosts(self, obj: Deployment) -> str:
        """How many are in which state."""
        counts = obj.targets.values("status").annotate(found=Count("pk")).order_by("status")
        return panel.pairs({panel.worded(one["status"]): one["found"] for one in counts})

    @admin.display(description="started by", ordering="creator_arn")
    def creator_name(self, obj: Deployment) -> str:
        """Who or what."""
        return presentation.by(obj)

    @admin.display(description="stopped by")
    def stopped_by(self, obj: Deployment) -> str:
        """Who."""
        return panel.who(obj.stopped_by_arn)

    @admin.display(description="roll-back of")
    def rolled_back(self, obj: Deployment) -> str:
        """The deployment that this one takes back."""
        found = obj.rollback_of
        return panel.link(reverse("deployment", args=[found.code]), found.code) if found else "-"


@admin.register(DeploymentConfig)
class ConfigAdmin(panel.Kept):
    """Configurations of the account's own; AWS's predefined ones need no row."""

    listing = ("codedeploy:ListDeploymentConfigs", arn("codedeploy", "deploymentconfig:*"))
    viewing = "codedeploy:GetDeploymentConfig"
    verbs = (
        panel.deletion(
            permission="codedeploy:DeleteDeploymentConfig",
            run=lambda row, by, at: applications.delete_config(name=row.name),
            warning="A configuration that a group uses stays.",
        ),
    )
    list_display = ["name", "meaning", "kind", "value", "created_at"]
    list_filter = ["kind", "created_at"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ("name", "meaning", "kind", "value", "users", "created_at")

    def guard(self, row: DeploymentConfig) -> str:
        """The configuration's ARN."""
        return arn("codedeploy", f"deploymentconfig:{row.name}")

    @admin.display
    def meaning(self, obj: DeploymentConfig) -> str:
        """In words."""
        return Config(obj.name, Kind(obj.kind), obj.value).sentence

    @admin.display(description="used by")
    def users(self, obj: DeploymentConfig) -> str:
        """The groups."""
        groups = DeploymentGroup.objects.select_related("application").filter(config_name=obj.name)
        return panel.lines([str(group) for group in groups.order_by("application__name", "name")])
