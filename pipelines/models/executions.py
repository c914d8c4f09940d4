"""A run of a pipeline, its stages, and each attempt of its actions."""

from datetime import timedelta

from django.db import models

from devopsweb.kernel.ids import new_uuid
from pipelines.models.definitions import Pipeline, PipelineVersion
from pipelines.states import ActionState, ExecutionState, StageState


class PipelineExecution(models.Model):
    """One run of one version; ``number`` is the pipeline's own count, ``uuid`` AWS's id.

    ``overrides`` are the commits that the starter chose, by source action; ``variables`` the values
    of the pipeline's variables.
    """

    uuid = models.CharField(max_length=36, unique=True, default=new_uuid)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="executions")
    version = models.ForeignKey(PipelineVersion, on_delete=models.CASCADE, related_name="executions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, default=ExecutionState.IN_PROGRESS)
    status_summary = models.CharField(max_length=500, blank=True)
    trigger_type = models.CharField(max_length=40)
    trigger_detail = models.CharField(max_length=1024, blank=True)
    started_by = models.CharField(max_length=2048, blank=True)
    client_request_token = models.CharField(max_length=128, null=True)
    attempt = models.PositiveIntegerField(default=1)
    superseded_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="supersedes")
    stop_mode = models.CharField(max_length=7, blank=True)
    stop_reason = models.CharField(max_length=200, blank=True)
    stop_by = models.CharField(max_length=2048, blank=True)
    cancel_requested = models.BooleanField(default=False)
    revisions = models.JSONField(default=list)
    overrides = models.JSONField(default=dict, blank=True)
    variables = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="one_execution_per_number"),
            models.UniqueConstraint(
                fields=["pipeline", "client_request_token"], name="one_execution_per_token"
            ),
        ]
        indexes = [
            models.Index(fields=["pipeline", "-number"]),
            models.Index(fields=["status", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} #{self.number}"

    @property
    def is_running(self) -> bool:
        """Whether it may still change by itself."""
        return self.status in (ExecutionState.IN_PROGRESS, ExecutionState.STOPPING)

    @property
    def length(self) -> timedelta | None:
        """How long it took, once over."""
        return self.finished_at - self.started_at if self.finished_at else None

    @property
    def revision(self) -> dict[str, str]:
        """The first source revision, empty before the sources ran."""
        return self.revisions[0] if self.revisions else {}


class SourceRevision(models.Model):
    """A commit that an execution took: finds the executions of a commit."""

    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="commits")
    repository = models.CharField(max_length=100)
    sha = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["execution", "repository", "sha"], name="one_row_per_commit")
        ]
        indexes = [models.Index(fields=["repository", "sha"])]

    def __str__(self) -> str:
        return f"{self.repository} {self.sha[:7]}"


class StageExecution(models.Model):
    """A stage that an execution has entered."""

    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="stages")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=12, default=StageState.IN_PROGRESS)
    attempt = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["execution", "index"], name="one_run_per_stage")]
        indexes = [models.Index(fields=["execution", "index"])]

    def __str__(self) -> str:
        return f"{self.execution} {self.name}"

    @property
    def length(self) -> timedelta | None:
        """How long it took, once over."""
        return self.finished_at - self.started_at if self.finished_at else None


class ActionExecution(models.Model):
    """One attempt of one action.

    ``current`` is False on attempts that a retry replaced. ``lease_until`` is set while the
    provider's start is under way: when it passes, the start is made again. ``due_at`` is the
    action's time-out (an approval's expiry), ``check_at`` when a sweep asks the provider.
    """

    uuid = models.CharField(max_length=36, unique=True, default=new_uuid)
    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="actions")
    stage = models.ForeignKey(StageExecution, on_delete=models.CASCADE, related_name="actions")
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()
    run_order = models.PositiveSmallIntegerField()
    attempt = models.PositiveIntegerField(default=1)
    current = models.BooleanField(default=True)
    category = models.CharField(max_length=20)
    provider = models.CharField(max_length=50)
    status = models.CharField(max_length=12, default=ActionState.IN_PROGRESS)
    configuration = models.JSONField(default=dict)
    input_artifacts = models.JSONField(default=list)
    output_artifacts = models.JSONField(default=list)
    output_variables = models.JSONField(default=dict)
    external_id = models.CharField(max_length=300, blank=True)
    external_url = models.CharField(max_length=1000, blank=True)
    token = models.CharField(max_length=36, blank=True)
    summary = models.CharField(max_length=2048, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_message = models.TextField(blank=True)
    updated_by = models.CharField(max_length=2048, blank=True)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "name", "attempt"], name="one_action_per_attempt"),
            models.UniqueConstraint(
                fields=["stage", "name"], condition=models.Q(current=True), name="one_current_action"
            ),
        ]
        indexes = [
            models.Index(fields=["external_id"]),
            models.Index(fields=["status", "provider"]),
            models.Index(fields=["execution", "current"]),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.name}"

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the artifacts that it declares."""
        return tuple(item["name"] for item in self.output_artifacts)

    @property
    def is_waiting(self) -> bool:
        """Whether it is an approval that nobody has answered."""
        return self.status == ActionState.IN_PROGRESS and self.category == "Approval"

    @property
    def look(self) -> str:
        """The state to show: AWS's, or that an approval waits."""
        return "WaitingForApproval" if self.is_waiting else self.status

    @property
    def length(self) -> timedelta | None:
        """How long it took, once over."""
        return self.finished_at - self.started_at if self.finished_at else None
