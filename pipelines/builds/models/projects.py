"""Build projects."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from devopsweb.kernel.arn import arn


class Project(models.Model):
    """How something is built: source, buildspec, environment, limits.

    ``environment`` is a list of ``{"name", "value", "secret"}``; a secret's value is sealed.
    ``next_number`` is the number of the next build; numbers are never used twice. ``wire`` holds what
    CodeBuild's API says of a project and nothing here depends on (compute type, clone depth), to be told
    again.
    """

    name = models.CharField(
        max_length=150,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9][A-Za-z0-9\-_]{1,149}\Z",
                "Use 2 to 150 letters, digits, - and _, and begin with a letter or digit.",
            )
        ],
    )
    description = models.CharField(max_length=255, blank=True)
    repository = models.CharField(max_length=100, blank=True)
    source_version = models.CharField(max_length=255, blank=True)
    buildspec = models.TextField(blank=True)
    environment = models.JSONField(default=list, blank=True)
    image = models.CharField(max_length=255, blank=True)
    service_role = models.CharField(max_length=2048, blank=True)
    network = models.BooleanField(default=True)
    timeout_minutes = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(2160)]
    )
    queued_timeout_minutes = models.PositiveIntegerField(
        default=480, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    memory_mib = models.PositiveIntegerField(default=4096, validators=[MinValueValidator(64)])
    concurrent_builds = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    wire = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    next_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The project's ARN."""
        return arn("codebuild", f"project/{self.name}")

    @property
    def source_type(self) -> str:
        """CodeBuild's word for where the source comes from."""
        if self.repository:
            return "CODECOMMIT"
        told = str(self.wire.get("source", {}).get("type", ""))
        if told in {"CODEPIPELINE", "NO_SOURCE"}:
            return told
        return "NO_SOURCE" if "\n" in self.buildspec else "CODEPIPELINE"

    @property
    def log_group(self) -> str:
        """The log group of its builds."""
        return f"/aws/codebuild/{self.name}"
