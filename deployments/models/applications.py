"""What is deployed (applications), and where and how (groups, configurations)."""

from django.core.validators import RegexValidator
from django.db import models

from devopsweb.kernel.arn import arn
from devopsweb.kernel.ids import new_uuid

NAME = RegexValidator(r"^[A-Za-z0-9._+=,@-]{1,100}\Z", "Use up to 100 letters, digits and . _ + = , @ -")


class Application(models.Model):
    """A name for revisions and groups; ``uuid`` survives a renaming."""

    name = models.CharField(max_length=100, unique=True, validators=[NAME])
    uuid = models.CharField(max_length=36, unique=True, default=new_uuid)
    compute_platform = models.CharField(max_length=10, default="Server")
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The application's ARN."""
        return arn("codedeploy", f"application:{self.name}")


class ApplicationRevision(models.Model):
    """A revision that was registered with an application before anybody deployed it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="revisions")
    digest = models.CharField(max_length=64)
    description = models.CharField(max_length=256, blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "digest"], name="one_revision_per_application")
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class DeploymentConfig(models.Model):
    """A configuration of the user's own; AWS's predefined ones are in ``engine.configs``."""

    name = models.CharField(max_length=100, unique=True, validators=[NAME])
    kind = models.CharField(max_length=20)
    value = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class DeploymentGroup(models.Model):
    """The instances of an application's environment, and how a revision comes upon them.

    ``uuid`` is the deploymentGroupId: hosts file their state under it. ``tag_filters`` is AWS's
    tag set: a list (AND) of lists (OR) of ``{"Key", "Value", "Type"}``; ``instance_names`` adds
    hosts by name. ``wire`` says by which member of CodeDeploy's API the tag set came, to be told alike.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=100, validators=[NAME])
    uuid = models.CharField(max_length=36, unique=True, default=new_uuid)
    config_name = models.CharField(max_length=100)
    tag_filters = models.JSONField(default=list, blank=True)
    instance_names = models.JSONField(default=list, blank=True)
    auto_rollback = models.BooleanField(default=False)
    auto_rollback_events = models.JSONField(default=list, blank=True)
    service_role = models.CharField(max_length=2048, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    wire = models.JSONField(default=dict, blank=True)
    last_successful = models.ForeignKey(
        "deployments.Deployment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_attempted = models.ForeignKey(
        "deployments.Deployment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "name"], name="one_group_per_name_and_application")
        ]

    def __str__(self) -> str:
        return f"{self.application.name}/{self.name}"

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return arn("codedeploy", f"deploymentgroup:{self.application.name}/{self.name}")
