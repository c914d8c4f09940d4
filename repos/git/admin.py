"""Repositories in the admin panel."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse

from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.ui import panel
from repos.git import access
from repos.git.actions import repositories
from repos.git.engine import names
from repos.git.models import RefUpdate, Repository


@admin.register(Repository)
class RepositoryAdmin(panel.Kept):
    """Repositories, with what happened to them last."""

    listing = ("codecommit:ListRepositories", "*")
    viewing = "codecommit:GetRepository"
    creating = ("repository-create", "codecommit:CreateRepository", arn("codecommit", "*"))
    verbs = (
        panel.deletion(
            permission="codecommit:DeleteRepository",
            run=lambda row, by, at: repositories.delete(repository=row, principal=by, at=at),
            warning="All branches, tags and commits go for good. Clones elsewhere stay.",
        ),
    )
    list_display = ["name", "default_branch", "created_by", "branches", "last_change", "created_at"]
    list_filter = [panel.TagFilter, "created_at"]
    search_fields = ["name", "description", "created_by_arn"]
    ordering = ["name"]
    fields = (
        "name", "description", "default_branch", "branches", "last_change", "clone_from", "resource", "labels",
        "created_by", "created_at", "modified_at",
    )  # fmt: skip

    def hidden(self, principal: Principal) -> Q | None:
        """Those that may not be looked at."""
        every = Repository.objects.only("name", "tags")
        found = [row.pk for row in every if not access.may(principal, row, "GetRepository")["GetRepository"]]
        return Q(pk__in=found) if found else None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Repository]":
        """With branches and the last change."""
        newest = RefUpdate.objects.filter(repository=OuterRef("pk")).order_by("-pk").values("at")[:1]
        branch = Q(ref_states__name__startswith=names.BRANCHES)
        rows: QuerySet[Repository] = super().get_queryset(request)
        return rows.annotate(branch_count=Count("ref_states", filter=branch), changed_at=Subquery(newest))

    def view_on_site(self, obj: Repository) -> str:
        """The repository's page."""
        return reverse("repository", args=[obj.name])

    def editor(self, row: Repository) -> tuple[str, str, str]:
        """The settings."""
        return "Settings", reverse("repository-settings", args=[row.name]), "codecommit:GetRepository"

    @admin.display(ordering="branch_count")
    def branches(self, obj: Any) -> int:
        """How many."""
        return int(obj.branch_count)

    @admin.display(ordering="changed_at", description="last push or merge")
    def last_change(self, obj: Any) -> str:
        """When a reference moved last."""
        return panel.moment(obj.changed_at)

    @admin.display(ordering="created_by_arn")
    def created_by(self, obj: Repository) -> str:
        """Who made it."""
        return panel.who(obj.created_by_arn)

    @admin.display(description="clone from")
    def clone_from(self, obj: Repository) -> str:
        """The address for git."""
        return obj.clone_url
