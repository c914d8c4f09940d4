"""What holds for the whole account: its alias and the rules of passwords."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from devopsweb.iam.actions.entities import clean
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists, NoSuchEntity
from devopsweb.iam.models import AccountAlias, PasswordPolicy
from devopsweb.kernel.principals import Principal

NO_RULES = "The Password Policy with domain name {} cannot be found."


def set_alias(*, name: str, by: Principal | None, at: datetime) -> None:
    """Give the account a name; it takes the place of a former one."""
    with transaction.atomic():
        if AccountAlias.objects.filter(name=name).exists():
            raise EntityAlreadyExists(f"The account alias {name} already exists.")
        row = AccountAlias(name=name)
        clean(row)
        AccountAlias.objects.all().delete()
        row.save()
        tell("CreateAccountAlias", arns=[], by=by, at=at, accountAlias=name)


def delete_alias(*, name: str, by: Principal | None, at: datetime) -> None:
    """Take the name away. Raises ``NoSuchEntity``."""
    with transaction.atomic():
        gone, _ = AccountAlias.objects.filter(name=name).delete()
        if not gone:
            raise NoSuchEntity(f"The account alias {name} cannot be found.")
        tell("DeleteAccountAlias", arns=[], by=by, at=at, accountAlias=name)


def set_password_policy(*, by: Principal | None, at: datetime, **rules: Any) -> None:
    """Replace the rules; what is not named gets its default. They count from the next change on."""
    row = PasswordPolicy(pk=1, **rules)
    clean(row)
    with transaction.atomic():
        PasswordPolicy.objects.update_or_create(
            pk=1,
            defaults={
                field.name: getattr(row, field.name) for field in row._meta.fields if field.name != "id"
            },
        )
        tell("UpdateAccountPasswordPolicy", arns=[], by=by, at=at, **rules)


def delete_password_policy(*, by: Principal | None, at: datetime) -> None:
    """Go back to the product's own rules. Raises ``NoSuchEntity``."""
    with transaction.atomic():
        gone, _ = PasswordPolicy.objects.filter(pk=1).delete()
        if not gone:
            raise NoSuchEntity(NO_RULES.format(settings.DEVOPSWEB_ACCOUNT_ID))
        tell("DeleteAccountPasswordPolicy", arns=[], by=by, at=at)
