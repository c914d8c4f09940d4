"""Instances and join tokens in the admin panel."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from deployments.compute import access
from deployments.compute.actions import instances
from deployments.compute.models import Instance, JoinToken
from deployments.compute.states import InstanceStatus
from devopsweb.iam import audit
from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal
from devopsweb.ui import panel


class InstanceStates(panel.StateFilter):
    """By state."""

    states = InstanceStatus


@admin.register(Instance)
class InstanceAdmin(panel.Kept):
    """Hosts with the agent."""

    listing = ("codedeploy:ListOnPremisesInstances", access.arn_of("*"))
    viewing = "codedeploy:GetOnPremisesInstance"
    creating = ("instances", "codedeploy:RegisterOnPremisesInstance", access.arn_of("*"))
    verbs = (
        panel.Verb(
            name="deregister",
            label="Deregister",
            done="Deregistered",
            permission="codedeploy:DeregisterOnPremisesInstance",
            run=lambda row, by, at: instances.deregister(instance=row, at=at, by=by.arn),
            warning="Its token is void at once and groups no longer find it. What is installed there goes on running.",
            offered=lambda row: row.status != InstanceStatus.DEREGISTERED,
        ),
    )
    list_display = ["name", "state", "last_seen_at", "provider", "agent_version", "address", "created_at"]
    list_filter = [InstanceStates, "provider", panel.TagFilter]
    search_fields = ["name", "address"]
    ordering = ["name"]
    fields = (
        "name", "state", "last_seen_at", "labels", "provider", "serves", "address", "agent_version", "machine",
        "started_at", "resource", "created_at",
    )  # fmt: skip

    def view_on_site(self, obj: Instance) -> str:
        """The instance's page, where its tags are set."""
        return reverse("instance", args=[obj.name])

    @admin.display(description="status", ordering="status")
    def state(self, obj: Instance) -> str:
        """Whether it calls."""
        return panel.state(obj.status)

    @admin.display
    def serves(self, obj: Instance) -> str:
        """Where a browser finds what it serves."""
        return panel.link(obj.url, obj.url) if obj.url else "-"

    @admin.display
    def machine(self, obj: Instance) -> str:
        """What the agent says of it."""
        return panel.pairs(obj.facts)


def _revoke(row: JoinToken, by: Principal, at: datetime) -> None:
    """The trail tells of the token, and not of an instance as the permission's name would."""
    audit.did(by, "codedeploy:RevokeJoinToken", [access.arn_of("*")], {"joinToken": row.pk})
    instances.revoke_join_token(token=row, at=at, by=by.arn)


class Usable(admin.SimpleListFilter):
    """By whether a host may still join with it."""

    title = "usable"
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes and no."""
        return [("yes", "Yes"), ("no", "Expired or used up")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[JoinToken]") -> "QuerySet[JoinToken] | None":
        """Those that are."""
        usable = Q(uses_left__gt=0, expires_at__gt=clock.now())
        return {"yes": queryset.filter(usable), "no": queryset.exclude(usable)}.get(self.value() or "")


@admin.register(JoinToken)
class JoinTokenAdmin(panel.Kept):
    """Tokens by which hosts join; they cannot be read again."""

    listing = ("codedeploy:ListOnPremisesInstances", access.arn_of("*"))
    viewing = "codedeploy:ListOnPremisesInstances"
    creating = ("instances", "codedeploy:RegisterOnPremisesInstance", access.arn_of("*"))
    verbs = (
        panel.Verb(
            name="revoke",
            label="Revoke",
            done="Revoked",
            permission="codedeploy:DeregisterOnPremisesInstance",
            run=_revoke,
            warning="No further host joins with it. Hosts that joined stay.",
            deletes=True,
        ),
    )
    list_display = ["token", "creator", "uses_left", "expires_at", "created_at"]
    list_filter = [Usable, panel.TagFilter]
    search_fields = ["creator_arn"]
    ordering = ["-pk"]
    fields = ("token", "creator", "uses_left", "expires_at", "labels", "created_at")

    def guard(self, row: JoinToken) -> str:
        """A host of any name may join."""
        return access.arn_of("*")

    @admin.display(ordering="pk")
    def token(self, obj: JoinToken) -> str:
        """Its number; the token itself is not kept."""
        return f"Join token {obj.pk}"

    @admin.display(description="made by", ordering="creator_arn")
    def creator(self, obj: JoinToken) -> str:
        """Who."""
        return panel.who(obj.creator_arn)
