"""Managed policies and what they are attached to."""

import secrets

from django.db import models
from django.db.models.functions import Lower

from devopsweb.iam.models.identities import NAME_128, PATH, Role, User, UserGroup
from devopsweb.iam.models.unique_ids import new_policy_id
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn


class Policy(models.Model):
    """A managed policy: a JSON document in IAM's grammar; ``builtin`` ones come with the product.

    ``document`` is that of the default version, whose number is ``version``; ``newest_version`` is the
    highest number that was ever given.
    """

    name = models.CharField(max_length=128, validators=[NAME_128])
    path = models.CharField(max_length=512, default="/", validators=[PATH])
    unique_id = models.CharField(max_length=32, unique=True, editable=False, default=new_policy_id)
    description = models.CharField(max_length=1000, blank=True)
    document = models.JSONField()
    builtin = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    newest_version = models.PositiveIntegerField(default=1, editable=False)
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [models.UniqueConstraint(Lower("name"), name="policy_name_without_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The policy's ARN; built-in ones belong to the account ``aws``, as AWS's do."""
        if self.builtin:
            return f"arn:aws:iam::aws:policy{self.path}{self.name}"
        return arn("iam", f"policy{self.path}{self.name}")


class PolicyVersion(models.Model):
    """One version of a managed policy; it never changes."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy} {self.label}"

    @property
    def label(self) -> str:
        """The version's id (``v1``)."""
        return f"v{self.number}"

    @property
    def is_default(self) -> bool:
        """Whether this version is the one that holds."""
        return self.number == self.policy.version


def _one_target() -> models.Q:
    """Exactly one of user, group and role."""
    targets = ("user", "group", "role")
    return models.Q(
        *(models.Q(**{f"{name}__isnull": name != chosen for name in targets}) for chosen in targets),
        _connector=models.Q.OR,
    )


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
            models.CheckConstraint(name="one_attachment_target", condition=_one_target()),
            models.UniqueConstraint(fields=["policy", "user"], name="policy_once_per_user"),
            models.UniqueConstraint(fields=["policy", "group"], name="policy_once_per_group"),
            models.UniqueConstraint(fields=["policy", "role"], name="policy_once_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} on {self.user or self.group or self.role}"


class InlinePolicy(models.Model):
    """A policy that is part of one user, group or role, and goes with it."""

    name = models.CharField(max_length=128, validators=[NAME_128])
    document = models.JSONField()
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="inline_policies"
    )
    group = models.ForeignKey(
        UserGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="inline_policies"
    )
    role = models.ForeignKey(
        Role, on_delete=models.CASCADE, null=True, blank=True, related_name="inline_policies"
    )

    class Meta:
        verbose_name_plural = "inline policies"
        constraints = [
            models.CheckConstraint(name="one_inline_target", condition=_one_target()),
            models.UniqueConstraint(fields=["user", "name"], name="inline_policy_once_per_user"),
            models.UniqueConstraint(fields=["group", "name"], name="inline_policy_once_per_group"),
            models.UniqueConstraint(fields=["role", "name"], name="inline_policy_once_per_role"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicySet(models.Model):
    """One row whose ``token`` changes with every change to identities or policies.

    Processes keep compiled permissions as long as the token stays the same. It is random
    and not a counter, so that a rolled-back change can never be taken for a later one.
    """

    token = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.token

    @staticmethod
    def touch() -> None:
        """Note that something changed, in the transaction of the change."""
        PolicySet.objects.bulk_create(
            [PolicySet(pk=1, token=secrets.token_hex(16))],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["token"],
        )

    @classmethod
    def current(cls) -> str:
        """The present token; empty before the first change."""
        return cls.objects.filter(pk=1).values_list("token", flat=True).first() or ""
