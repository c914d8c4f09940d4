"""Secrets with their versions and stages (Secrets Manager User Guide, "Versions")."""

from django.db import models
from django.urls import reverse

from devopsweb.kernel.arn import arn
from devopsweb.vault.envelope import Envelope


class Secret(models.Model):
    """A secret. ``suffix`` are the six characters that end its ARN; another one of the same name has others.

    ``delete_after`` is the end of the recovery window of a secret that is to be deleted.
    """

    name = models.CharField(max_length=512, unique=True)
    suffix = models.CharField(max_length=6, unique=True)
    description = models.CharField(max_length=2048, blank=True)
    key_id = models.CharField(max_length=2048, blank=True)
    tags = models.JSONField(default=dict)
    resource_policy = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_index=True)
    accessed_on = models.DateField(null=True)
    delete_after = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return self.name

    @property
    def resource(self) -> str:
        """The end of the ARN."""
        return f"{self.name}-{self.suffix}"

    @property
    def arn(self) -> str:
        """The secret's ARN."""
        return arn("secretsmanager", f"secret:{self.resource}")

    @property
    def path(self) -> str:
        """The end of the addresses of its pages."""
        return self.resource.lstrip("/")

    def get_absolute_url(self) -> str:
        """The secret's page."""
        return reverse("secret", kwargs={"resource": self.path})


class SecretVersion(models.Model):
    """A value that the secret has or had. Without a stage it is deprecated."""

    secret = models.ForeignKey(Secret, on_delete=models.CASCADE, related_name="versions")
    version_id = models.CharField(max_length=64)
    is_binary = models.BooleanField(default=False)
    key_id = models.CharField(max_length=2048, blank=True)
    sealed_key = models.TextField()
    ciphertext = models.TextField()
    created_at = models.DateTimeField()
    accessed_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["secret", "version_id"], name="secret_version_once")]

    def __str__(self) -> str:
        return self.version_id

    @property
    def is_current(self) -> bool:
        """Whether it is the one that is read when none is named."""
        return any(stage.name == "AWSCURRENT" for stage in self.stages.all())

    @property
    def envelope(self) -> Envelope:
        """The value as it rests."""
        return Envelope(self.sealed_key, self.ciphertext)

    @staticmethod
    def context(resource: str, version_id: str) -> str:
        """The place to which a value is bound."""
        return f"secretsmanager:secret:{resource}:{version_id}"


class SecretStage(models.Model):
    """A staging label (``AWSCURRENT``): on one version of a secret at a time."""

    secret = models.ForeignKey(Secret, on_delete=models.CASCADE, related_name="stages")
    version = models.ForeignKey(SecretVersion, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=256)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["secret", "name"], name="stage_once_per_secret")]

    def __str__(self) -> str:
        return self.name
