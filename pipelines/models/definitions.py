"""A pipeline, every version of its definition, and the switches between its stages."""

from django.db import models

from devopsweb.kernel.arn import arn


class Pipeline(models.Model):
    """A pipeline; what it does stands in its versions.

    ``turn`` is counted up by whoever changes executions of the pipeline: that one UPDATE
    serialises them on every database. ``due_at`` is set while there is something to advance.
    """

    name = models.CharField(max_length=100, unique=True)
    version = models.PositiveIntegerField(default=1)
    last_number = models.PositiveIntegerField(default=0)
    turn = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True)
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The pipeline's ARN."""
        return arn("codepipeline", self.name)


class PipelineVersion(models.Model):
    """One definition of a pipeline, in AWS's ``pipeline.json`` structure; never altered."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=2048, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pipeline", "number"], name="one_pipeline_version")]

    def __str__(self) -> str:
        return f"{self.pipeline} version {self.number}"


class PipelineSource(models.Model):
    """A branch whose changes start the pipeline (derived from the current version)."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="sources")
    repository = models.CharField(max_length=100)
    branch = models.CharField(max_length=256)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "repository", "branch"], name="one_source_per_branch")
        ]
        indexes = [models.Index(fields=["repository", "branch"])]

    def __str__(self) -> str:
        return f"{self.repository} {self.branch}"


class StageTransition(models.Model):
    """The switch in front of a stage; no row means that it is on and was never touched."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="transitions")
    stage = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.CharField(max_length=2048)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pipeline", "stage"], name="one_switch_per_stage")]

    def __str__(self) -> str:
        return f"{self.pipeline} → {self.stage}: {'on' if self.enabled else 'off'}"
