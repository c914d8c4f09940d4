"""Instances and the tokens by which hosts join."""

from django.core.validators import RegexValidator
from django.db import models

from deployments.compute.states import InstanceStatus
from devopsweb.kernel.arn import arn

# CodeDeploy's rule for names of on-premises instances.
NAME = RegexValidator(
    r"^(?!i-)[A-Za-z0-9+=,.@_-]{1,100}\Z", "Use up to 100 letters, digits and + = , . @ _ -"
)


class Instance(models.Model):
    """A host with the agent: an external machine, or a local sandbox kept by ``local_instances``.

    ``generation`` counts agent starts: what an older agent process says is refused.
    ``token_hash`` is the SHA-256 of the bearer token that the agent shows.
    """

    name = models.CharField(max_length=100, unique=True, validators=[NAME])
    provider = models.CharField(max_length=20, default="external")
    tags = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=20, default=InstanceStatus.PENDING)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    generation = models.PositiveIntegerField(default=0)
    agent_version = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=64, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["status", "last_seen_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The instance's ARN."""
        return arn("codedeploy", f"instance:{self.name}")

    @property
    def url(self) -> str:
        """Where a browser finds what a local instance serves; empty for other hosts."""
        return f"http://localhost:{self.port}/" if self.port else ""


class JoinToken(models.Model):
    """Lets ``uses_left`` more hosts register until ``expires_at``; only its hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    creator_arn = models.CharField(max_length=2048)
    tags = models.JSONField(default=dict, blank=True)
    uses_left = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"join token {self.pk}"


class SweepMark(models.Model):
    """When the watch over heartbeats last looked, and since when it looks without a gap.

    After a pause of the server itself no host may be blamed for its silence.
    """

    looked_at = models.DateTimeField()
    awake_since = models.DateTimeField()

    def __str__(self) -> str:
        return f"awake since {self.awake_since}"
