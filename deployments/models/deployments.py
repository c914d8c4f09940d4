"""Deployments, their targets (one per instance) and each target's lifecycle events."""

from django.db import models

from deployments.compute.models import Instance
from deployments.models.applications import DeploymentGroup
from deployments.states import ACTIVE, DeploymentStatus, EventStatus, Health, TargetStatus


class Deployment(models.Model):
    """One revision on its way to a group; ``code`` is AWS's ``d-…`` id.

    ``plan`` is the parsed appspec, ``min_healthy`` and ``total`` are fixed when it starts.
    """

    code = models.CharField(max_length=20, unique=True)
    group = models.ForeignKey(DeploymentGroup, on_delete=models.CASCADE, related_name="deployments")
    status = models.CharField(max_length=20, default=DeploymentStatus.CREATED)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    description = models.CharField(max_length=256, blank=True)

    revision_digest = models.CharField(max_length=64)
    revision_commit = models.CharField(max_length=64, blank=True)
    revision_repository = models.CharField(max_length=100, blank=True)
    revision_description = models.CharField(max_length=500, blank=True)
    previous_digest = models.CharField(max_length=64, blank=True)
    previous_commit = models.CharField(max_length=64, blank=True)
    plan = models.JSONField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)

    config_name = models.CharField(max_length=100)
    min_healthy = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    file_exists_behavior = models.CharField(max_length=10, default="DISALLOW")
    ignore_application_stop_failures = models.BooleanField(default=False)
    auto_rollback_events = models.JSONField(default=list, blank=True)

    creator = models.CharField(max_length=40, default="user")
    creator_arn = models.CharField(max_length=2048, blank=True)
    stopped_by_arn = models.CharField(max_length=2048, blank=True)
    rollback_on_stop = models.BooleanField(null=True)
    rollback_of = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="rollback"
    )
    rollback_message = models.TextField(blank=True)

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group"],
                condition=models.Q(status__in=[str(s) for s in ACTIVE]),
                name="one_active_deployment_per_group",
            )
        ]
        indexes = [models.Index(fields=["status", "-id"]), models.Index(fields=["revision_digest"])]

    def __str__(self) -> str:
        return self.code


class Target(models.Model):
    """One instance in a deployment; ``health`` is what it had before."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="targets")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="targets")
    position = models.PositiveIntegerField()
    health = models.CharField(max_length=10, default=Health.NEW)
    status = models.CharField(max_length=20, default=TargetStatus.PENDING)
    message = models.TextField(blank=True)
    log_stream = models.CharField(max_length=36, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "instance"], name="one_target_per_instance")
        ]
        indexes = [models.Index(fields=["instance", "status"])]

    def __str__(self) -> str:
        return f"{self.deployment_id} on {self.instance_id}"


class LifecycleEvent(models.Model):
    """One step on one instance. An agent claims it and alone may then report it.

    ``fence`` is the agent generation that claimed it, ``claim`` the claim's own random word
    (a repeated claim request is recognised by it), ``due_at`` when the server gives up.
    """

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="events")
    name = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default=EventStatus.PENDING)
    fence = models.PositiveIntegerField(default=0)
    claim = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    script_name = models.CharField(max_length=500, blank=True)
    message = models.TextField(blank=True)
    log_tail = models.TextField(blank=True)
    first_line = models.PositiveIntegerField(null=True, blank=True)
    available_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "name"], name="one_event_per_name")]
        indexes = [models.Index(fields=["status", "available_at"])]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class HostState(models.Model):
    """What a group's last deployment to an instance left there."""

    group = models.ForeignKey(DeploymentGroup, on_delete=models.CASCADE, related_name="host_states")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="host_states")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    health = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "instance"], name="one_state_per_group_and_host")
        ]

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.health}"
