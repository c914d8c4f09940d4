"""Groups: make and delete."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists
from devopsweb.iam.models import UserGroup
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal


def create(*, name: str, by: Principal | None, at: datetime) -> UserGroup:
    """Make a group. Raises ``EntityAlreadyExists``."""
    if UserGroup.objects.filter(name__iexact=name).exists():
        raise EntityAlreadyExists(f"Group with name {name} already exists.")
    group = UserGroup(name=name)
    try:
        group.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            group.save()
            tell("CreateGroup", arns=[group.arn], by=by, at=at, groupName=name)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    except IntegrityError:
        raise EntityAlreadyExists(f"Group with name {name} already exists.") from None
    return group


def delete(*, group: UserGroup, by: Principal | None, at: datetime) -> None:
    """Delete the group; its members stay, without what it gave them."""
    with transaction.atomic():
        tell("DeleteGroup", arns=[group.arn], by=by, at=at, groupName=group.name)
        group.delete()
