"""The index of the log store: groups and streams. Lines are in files (``adapters.files``)."""

import uuid

from django.db import models

from devopsweb.kernel.arn import arn


class LogGroup(models.Model):
    """A log group: streams of one origin that share a retention."""

    name = models.CharField(max_length=512, unique=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The group's ARN (AWS's ``logGroupArn``)."""
        return arn("logs", f"log-group:{self.name}")


class LogStream(models.Model):
    """A log stream. Its counts are written when it ends; until then the files know them."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    group = models.ForeignKey(LogGroup, on_delete=models.CASCADE, related_name="streams")
    name = models.CharField(max_length=512)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    line_count = models.PositiveBigIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="log_stream_once_per_group")]
        indexes = [models.Index(fields=["group", "-id"]), models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.group.name} {self.name}"

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return arn("logs", f"log-group:{self.group.name}:log-stream:{self.name}")
