"""Authenticator programs of users, and their recovery codes."""

from django.db import models
from django.db.models.functions import Lower

from devopsweb.iam.models import User
from devopsweb.kernel import sealing
from devopsweb.kernel.arn import arn


class VirtualDevice(models.Model):
    """An authenticator program (RFC 6238) of a user; AWS's virtual MFA device.

    It counts once its codes were shown to be right (``enabled_at``). ``last_step`` is the time step
    of the newest code that was taken: no code is taken twice.
    """

    name = models.CharField(max_length=226)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="mfa_devices"
    )
    sealed_seed = models.TextField()
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    enabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="device_name_without_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The serial number."""
        return arn("iam", f"mfa/{self.name}")

    @property
    def seed(self) -> str:
        """The shared secret in Base32."""
        return sealing.unseal(self.sealed_seed)


class RecoveryCode(models.Model):
    """A code for one sign-in without the device; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return "used" if self.used_at else "unused"
