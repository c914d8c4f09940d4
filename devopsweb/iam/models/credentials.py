"""Credentials besides the present password, and the count of failed attempts to use one."""

from django.db import models

from devopsweb.iam.models.identities import User
from devopsweb.iam.models.unique_ids import new_credential_id
from devopsweb.kernel import sealing


class AccessKey(models.Model):
    """A long-term access key (``AKIA…``) of a user; the secret is sealed at rest."""

    id = models.CharField(primary_key=True, max_length=128)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_keys")
    sealed_secret = models.TextField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_service = models.CharField(max_length=64, blank=True)
    last_used_region = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return self.id

    @property
    def secret(self) -> str:
        """The secret access key in clear text."""
        return sealing.unseal(self.sealed_secret)


class ServiceCredential(models.Model):
    """A user name and password for one service alone (git over HTTPS); only the password's digest is kept."""

    id = models.CharField(primary_key=True, max_length=32, default=new_credential_id)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="service_credentials")
    service = models.CharField(max_length=128)
    user_name = models.CharField(max_length=128, unique=True)
    digest = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.user_name


class FormerPassword(models.Model):
    """The hash of a password that the user had, so that it does not come back too soon."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"of {self.user}"


class SignInAttempts(models.Model):
    """Failed attempts to sign in from one place (``key``); locked until ``locked_until``."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sign-in attempts"
        indexes = [models.Index(fields=["last_failure_at"])]

    def __str__(self) -> str:
        return f"{self.failures} failures"
