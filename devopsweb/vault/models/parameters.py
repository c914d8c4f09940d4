"""Parameters with their versions and labels (Systems Manager User Guide, "Parameter Store")."""

from django.db import models
from django.urls import reverse

from devopsweb.kernel.arn import arn
from devopsweb.vault.envelope import Envelope

TYPES = ("String", "StringList", "SecureString")
DEFAULT_KEY = "alias/aws/ssm"


class Described(models.Model):
    """What a parameter says of its newest version, and each version of itself."""

    type = models.CharField(max_length=12, choices=[(name, name) for name in TYPES])
    tier = models.CharField(max_length=8, default="Standard")
    data_type = models.CharField(max_length=128, default="text")
    description = models.CharField(max_length=1024, blank=True)
    allowed_pattern = models.CharField(max_length=1024, blank=True)
    key_id = models.CharField(max_length=256, blank=True)
    policies = models.JSONField(default=list)
    modified_at = models.DateTimeField()
    modified_by = models.CharField(max_length=2048)

    class Meta:
        abstract = True


class Parameter(Described):
    """A named value. ``resource`` is the name within its ARN: ``/a`` and ``a`` are one resource.

    ``path`` is the level of the hierarchy that it stands on; ``version`` the number of the newest version.
    """

    name = models.CharField(max_length=1011, unique=True)
    resource = models.CharField(max_length=1011, unique=True)
    path = models.CharField(max_length=1011, db_index=True)
    version = models.PositiveBigIntegerField(default=1)
    tags = models.JSONField(default=dict)
    expires_at = models.DateTimeField(null=True, db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The parameter's ARN."""
        return arn("ssm", f"parameter/{self.resource}")

    @property
    def is_secure(self) -> bool:
        """Whether the value is a secret."""
        return self.type == "SecureString"

    def get_absolute_url(self) -> str:
        """The parameter's page."""
        return reverse("parameter", kwargs={"resource": self.resource})


class ParameterVersion(Described):
    """A value that the parameter has or had, encrypted whatever its type."""

    parameter = models.ForeignKey(Parameter, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveBigIntegerField()
    sealed_key = models.TextField()
    ciphertext = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parameter", "number"], name="parameter_version_once")]

    def __str__(self) -> str:
        return f"{self.parameter}:{self.number}"

    @property
    def envelope(self) -> Envelope:
        """The value as it rests."""
        return Envelope(self.sealed_key, self.ciphertext)

    @staticmethod
    def context(name: str, number: int) -> str:
        """The place to which a value is bound."""
        return f"ssm:parameter/{name}:{number}"


class ParameterLabel(models.Model):
    """A name for one version of a parameter; it can move to another."""

    parameter = models.ForeignKey(Parameter, on_delete=models.CASCADE, related_name="labels")
    version = models.ForeignKey(ParameterVersion, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parameter", "name"], name="label_once_per_parameter")]

    def __str__(self) -> str:
        return self.name
