"""The index of the log store: groups and streams. Lines are in files (``adapters.files``)."""

import uuid

from django.db import models

from devopsweb.kernel.arn import arn


class LogGroup(models.Model):
    """A log group: streams of one origin that share a retention. ``tags`` is ``{key: value}``."""

    name = models.CharField(max_length=512, unique=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    log_class = models.CharField(max_length=30, default="STANDARD")
    is_protected = models.BooleanField(default=False)
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The group's ARN (AWS's ``logGroupArn``)."""
        return group_arn(self.name)


def group_arn(name: str) -> str:
    """The ARN of the group ``name``."""
    return arn("logs", f"log-group:{name}")


def group_guard(name: str) -> str:
    """The ARN of the group ``name`` as policies name it (AWS's ``arn``): with all of its streams."""
    return f"{group_arn(name)}:*"


class LogStream(models.Model):
    """A log stream. Its counts are written when it ends; until then the files know them.

    Clients put events into the streams that they made (``is_open``); the others belong to a writer of this
    installation. ``is_ordered`` says that no line is older than one before it. ``first_ms`` is a bound below
    the times of its events, ``last_ms`` one above those of an open or ended stream.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    group = models.ForeignKey(LogGroup, on_delete=models.CASCADE, related_name="streams")
    name = models.CharField(max_length=512)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    line_count = models.PositiveBigIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)
    is_open = models.BooleanField(default=False)
    is_ordered = models.BooleanField(default=True)
    first_ms = models.BigIntegerField(default=0)
    last_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="log_stream_once_per_group")]
        indexes = [
            models.Index(fields=["group", "-id"]),
            models.Index(fields=["group", "last_ms"]),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.group.name} {self.name}"

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return arn("logs", f"log-group:{self.group.name}:log-stream:{self.name}")
