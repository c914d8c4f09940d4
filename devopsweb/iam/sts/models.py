"""Issuers of identity tokens that roles may trust."""

from django.db import models

from devopsweb.kernel.arn import arn


class OpenIdProvider(models.Model):
    """An OpenID Connect issuer, and the audiences (``client_ids``) for which its tokens are taken.

    ``name`` is the issuer without its scheme, as the ARN and the condition keys (``name:sub``) have it.
    Thumbprints are kept because clients send them; certificates are checked by the system's authorities.
    """

    name = models.CharField(max_length=255, unique=True)
    issuer = models.CharField(max_length=255)
    client_ids = models.JSONField(default=list)
    thumbprints = models.JSONField(default=list)
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "OpenID Connect provider for roles"
        verbose_name_plural = "OpenID Connect providers for roles"

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The provider's ARN."""
        return arn("iam", f"oidc-provider/{self.name}")
