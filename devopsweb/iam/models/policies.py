"""Managed policies and what they are attached to."""

from django.db import models

from devopsweb.iam.models.identities import NAME, Role, User, UserGroup
from devopsweb.kernel.arn import arn


class Policy(models.Model):
    """A managed policy: a JSON document in IAM's grammar."""

    name = models.CharField(max_length=128, unique=True, validators=[NAME])
    path = models.CharField(max_length=512, default="/")
    description = models.CharField(max_length=1000, blank=True)
    document = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return arn("iam", f"policy{self.path}{self.name}")


class PolicyAttachment(models.Model):
    """One policy attached to one user, group or role."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="attachments")
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="policy_attachments"
    )
    group = models.ForeignKey(
        UserGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="policy_attachments"
    )
    role = models.ForeignKey(
        Role, on_delete=models.CASCADE, null=True, blank=True, related_name="policy_attachments"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="one_attachment_target",
                condition=(
                    models.Q(user__isnull=False, group__isnull=True, role__isnull=True)
                    | models.Q(user__isnull=True, group__isnull=False, role__isnull=True)
                    | models.Q(user__isnull=True, group__isnull=True, role__isnull=False)
                ),
            ),
            models.UniqueConstraint(fields=["policy", "user"], name="policy_once_per_user"),
            models.UniqueConstraint(fields=["policy", "group"], name="policy_once_per_group"),
            models.UniqueConstraint(fields=["policy", "role"], name="policy_once_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} on {self.user or self.group or self.role}"
