"""Users, groups and roles."""

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from devopsweb.iam.models.unique_ids import new_group_id, new_role_id, new_user_id
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn

_CHARACTERS = "Use letters, digits and + = , . @ _ - only"
NAME_64 = RegexValidator(r"^[A-Za-z0-9_+=,.@-]{1,64}\Z", f"{_CHARACTERS}, at most 64.")
NAME_128 = RegexValidator(r"^[A-Za-z0-9_+=,.@-]{1,128}\Z", f"{_CHARACTERS}, at most 128.")
PATH = RegexValidator(
    r"^(/|/[\x21-\x7E]{1,510}/)\Z", "A path begins and ends with / and has no white space, at most 512."
)


class UserGroup(models.Model):
    """An IAM group: policies attached to it hold for its members."""

    name = models.CharField(max_length=128, validators=[NAME_128])
    path = models.CharField(max_length=512, default="/", validators=[PATH])
    unique_id = models.CharField(max_length=32, unique=True, editable=False, default=new_group_id)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "group"
        constraints = [models.UniqueConstraint(Lower("name"), name="group_name_without_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return arn("iam", f"group{self.path}{self.name}")


class User(AbstractUser):
    """An IAM user; ``username`` is the IAM user name. ``is_superuser`` is the account root's power.

    A usable password is the login profile: without one the user can't sign in. The policy
    ``permissions_boundary`` limits what the others can give.
    """

    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]
    username = models.CharField(
        "user name",
        max_length=64,
        unique=True,
        validators=[NAME_64],
        error_messages={"unique": "A user with this name exists."},
    )
    iam_groups = models.ManyToManyField(UserGroup, blank=True, related_name="members", verbose_name="groups")
    path = models.CharField(max_length=512, default="/", validators=[PATH])
    unique_id = models.CharField(max_length=32, unique=True, editable=False, default=new_user_id)
    permissions_boundary = models.ForeignKey(
        "iam.Policy", on_delete=models.PROTECT, null=True, blank=True, related_name="bounded_users"
    )
    tags = models.JSONField(default=dict, blank=True)
    password_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    password_reset_required = models.BooleanField(
        "must change the password at the next sign-in", default=False
    )
    single_keys = models.BooleanField("single-key shortcuts", default=True)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="user_name_without_case")]

    @property
    def arn(self) -> str:
        """The user's ARN."""
        return arn("iam", f"user{self.path}{self.username}")


class Role(models.Model):
    """An IAM role: who may assume it (trust policy), and what it may do (attached policies).

    Sessions that began before ``sessions_revoked_before`` are over. The policy ``permissions_boundary``
    limits what the others can give.
    """

    name = models.CharField(max_length=64, validators=[NAME_64])
    path = models.CharField(max_length=512, default="/", validators=[PATH])
    description = models.CharField(max_length=1000, blank=True)
    unique_id = models.CharField(max_length=32, unique=True, editable=False, default=new_role_id)
    trust_policy = models.JSONField(default=dict)
    max_session_seconds = models.PositiveIntegerField(default=3600)
    sessions_revoked_before = models.DateTimeField(null=True, blank=True)
    permissions_boundary = models.ForeignKey(
        "iam.Policy", on_delete=models.PROTECT, null=True, blank=True, related_name="bounded_roles"
    )
    tags = models.JSONField(default=dict, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_region = models.CharField(max_length=32, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="role_name_without_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return arn("iam", f"role{self.path}{self.name}")
