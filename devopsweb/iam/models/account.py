"""What holds for the account as a whole."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

ALIAS = RegexValidator(
    r"^[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?\Z",
    "An alias has lower-case letters, digits and single hyphens, and neither begins nor ends with a hyphen.",
)


class AccountAlias(models.Model):
    """A name for the account; there is one at most."""

    name = models.CharField(max_length=63, unique=True, validators=[ALIAS])

    class Meta:
        verbose_name_plural = "account aliases"

    def __str__(self) -> str:
        return self.name


class PasswordPolicy(models.Model):
    """The rules of passwords; one row at most, without it AWS's rules of an account without a policy hold."""

    minimum_length = models.PositiveSmallIntegerField(
        default=6, validators=[MinValueValidator(6), MaxValueValidator(128)]
    )
    require_symbols = models.BooleanField(default=False)
    require_numbers = models.BooleanField(default=False)
    require_uppercase = models.BooleanField("require upper-case letters", default=False)
    require_lowercase = models.BooleanField("require lower-case letters", default=False)
    users_may_change = models.BooleanField("users may change their own password", default=False)
    max_age_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1095)]
    )
    reuse_prevention = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    hard_expiry = models.BooleanField("an expired password is mended by an administrator only", default=False)

    class Meta:
        verbose_name_plural = "password policies"
        constraints = [models.CheckConstraint(name="one_password_policy", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return "password policy"


class CredentialReport(models.Model):
    """The newest list of all users' credentials, as CSV; one row at most."""

    generated_at = models.DateTimeField()
    content = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(name="one_credential_report", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return f"of {self.generated_at:%Y-%m-%d %H:%M}"
