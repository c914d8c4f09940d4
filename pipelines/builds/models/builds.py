"""Builds and their phases."""

from django.db import models
from django.urls import reverse

from devopsweb.kernel.arn import arn
from pipelines.builds.states import BuildStatus, Phase, PhaseStatus


class Build(models.Model):
    """One run of a project's buildspec.

    It keeps its project's name, not a key: deleting a project does not delete its builds.
    ``settings`` is the snapshot it runs under. ``token`` and ``token_digest`` are the idempotency token of
    the call that started it and a digest of that call's other parameters. While a worker owns it, ``lease_until`` lies
    ahead and ``fence`` is the number of that ownership; a worker with an older number is refused.
    """

    uuid = models.UUIDField(unique=True)
    project_name = models.CharField(max_length=150)
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=12, choices=[(s, s) for s in BuildStatus], default=BuildStatus.IN_PROGRESS
    )
    current_phase = models.CharField(max_length=20, choices=[(p, p) for p in Phase], default=Phase.SUBMITTED)
    initiator = models.CharField(max_length=2048)
    principal_arn = models.CharField(max_length=2048)
    source = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    resolved_version = models.CharField(max_length=64, blank=True)
    log_stream_id = models.CharField(max_length=64)
    artifacts = models.JSONField(default=dict)
    exported_variables = models.JSONField(default=dict)
    failure = models.JSONField(null=True)
    token = models.CharField(max_length=255, blank=True)
    token_digest = models.CharField(max_length=64, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project_name", "number"], name="build_number_once")]
        indexes = [
            models.Index(fields=["project_name", "-id"]),
            models.Index(fields=["status", "-id"]),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def external_id(self) -> str:
        """CodeBuild's id: ``<project>:<uuid>``."""
        return f"{self.project_name}:{self.uuid}"

    @property
    def arn(self) -> str:
        """The build's ARN."""
        return arn("codebuild", f"build/{self.external_id}")

    @property
    def project_arn(self) -> str:
        """The ARN that permissions on its project name, also after the project is gone."""
        return arn("codebuild", f"project/{self.project_name}")

    @property
    def topic(self) -> str:
        """The live topic of this build."""
        return f"build:{self.external_id}"

    @property
    def is_complete(self) -> bool:
        """Whether it has ended."""
        return self.status != BuildStatus.IN_PROGRESS

    def get_absolute_url(self) -> str:
        """The build's page."""
        return reverse("build", kwargs={"project": self.project_name, "number": self.number})


class BuildPhase(models.Model):
    """One phase of a build that has begun."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="phases")
    name = models.CharField(max_length=20, choices=[(p, p) for p in Phase])
    status = models.CharField(
        max_length=12, choices=[(s, s) for s in PhaseStatus], default=PhaseStatus.IN_PROGRESS
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["build", "name"], name="phase_once_per_build")]

    def __str__(self) -> str:
        return f"{self.build_id} {self.name}"
