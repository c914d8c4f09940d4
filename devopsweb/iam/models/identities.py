"""Users, groups and roles."""

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models

from devopsweb.kernel.arn import arn

NAME = RegexValidator(r"^[\w+=,.@-]{1,64}$", "Use letters, digits and + = , . @ _ - only.")


class UserGroup(models.Model):
    """An IAM group: policies attached to it hold for its members."""

    name = models.CharField(max_length=128, unique=True, validators=[NAME])
    path = models.CharField(max_length=512, default="/")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "group"

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return arn("iam", f"group{self.path}{self.name}")


class User(AbstractUser):
    """An IAM user; ``username`` is the IAM user name. ``is_superuser`` is the account root's power."""

    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]
    iam_groups = models.ManyToManyField(UserGroup, blank=True, related_name="members")
    path = models.CharField(max_length=512, default="/")

    @property
    def arn(self) -> str:
        """The user's ARN."""
        return arn("iam", f"user{self.path}{self.username}")


class Role(models.Model):
    """An IAM role: who may assume it (trust policy), and what it may do (attached policies)."""

    name = models.CharField(max_length=64, unique=True, validators=[NAME])
    path = models.CharField(max_length=512, default="/")
    description = models.CharField(max_length=1000, blank=True)
    trust_policy = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return arn("iam", f"role{self.path}{self.name}")
