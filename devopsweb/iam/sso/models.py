"""Providers, and who of theirs is who of ours."""

from django.core.validators import RegexValidator
from django.db import models

from devopsweb.iam.models import User, UserGroup
from devopsweb.kernel import sealing


class SignInProvider(models.Model):
    """An OpenID Connect issuer whose people may sign in."""

    slug = models.SlugField(
        "short name",
        max_length=32,
        unique=True,
        help_text="Part of the address that the provider sends people back to.",
    )
    name = models.CharField(max_length=64, help_text="What the button says: Continue with …")
    issuer = models.URLField(
        max_length=255, help_text="As the provider spells it, for example https://id.example.com"
    )
    client_id = models.CharField("client ID", max_length=255)
    sealed_client_secret = models.TextField(blank=True, editable=False)
    scopes = models.CharField(
        max_length=255,
        default="openid profile email",
        validators=[RegexValidator(r"(^|\s)openid(\s|\Z)", "Must contain openid.")],
    )
    username_claim = models.CharField(
        max_length=64, default="preferred_username", help_text="The claim that names our user."
    )
    groups_claim = models.CharField(
        max_length=64,
        blank=True,
        help_text="The claim that lists groups; empty: the provider manages no groups.",
    )
    groups = models.ManyToManyField(
        UserGroup,
        blank=True,
        help_text="Groups that this provider gives and takes; all others stay as they are.",
    )
    create_users = models.BooleanField(
        default=False, help_text="Make a user of whoever signs in and is not known yet."
    )
    link_existing = models.BooleanField(
        default=False,
        help_text="At the first sign-in take the existing user of that name. Only for providers whose names nobody can choose.",
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = "sign-in provider"

    def __str__(self) -> str:
        return self.name

    @property
    def client_secret(self) -> str:
        """The secret in clear text; empty for public clients."""
        return sealing.unseal(self.sealed_client_secret) if self.sealed_client_secret else ""


class ExternalIdentity(models.Model):
    """The provider's ``subject`` is our ``user``."""

    provider = models.ForeignKey(SignInProvider, on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="external_identities")
    linked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "external identities"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="subject_once_per_provider")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.provider}"
