"""Tags of repositories."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from devopsweb.iam.api import Principal
from devopsweb.kernel import tags as kernel_tags
from repos.git.actions import repositories
from repos.git.models import Repository


def add(*, repository: Repository, tags: Mapping[str, str], principal: Principal, at: datetime) -> None:
    """Set ``tags``, beside those that are there. Raises ``kernel.tags.InvalidTags``."""
    with transaction.atomic():
        kernel_tags.add(repository, tags)
        repositories.tell(repository, "TagResource", principal, at)


def remove(*, repository: Repository, keys: Collection[str], principal: Principal, at: datetime) -> None:
    """Take the tags of these keys away; one that is not there is no error. Raises ``kernel.tags.InvalidTags``."""
    kernel_tags.checked(dict.fromkeys(keys, ""))
    with transaction.atomic():
        kernel_tags.remove(repository, keys)
        repositories.tell(repository, "UntagResource", principal, at)
