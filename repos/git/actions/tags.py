"""Tags of repositories."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from devopsweb.iam.api import Principal
from devopsweb.kernel.errors import Invalid
from repos.git.actions import repositories
from repos.git.models import Repository

MOST = 50


class InvalidTags(Invalid):
    """A tag breaks a rule; ``code`` is CodeCommit's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(tags: Mapping[str, str]) -> dict[str, str]:
    """``tags`` if a repository may have them. Raises ``InvalidTags``."""
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise InvalidTags(
                "InvalidSystemTagUsageException", f"The tag key {key[:128]} begins with 'aws:'."
            )
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise InvalidTags(
                "InvalidTagsMapException", "A tag's key has 1 to 128 characters, its value at most 256."
            )
    if len(tags) > MOST:
        raise InvalidTags("TooManyTagsException", f"A repository may have {MOST} tags.")
    return dict(tags)


def add(*, repository: Repository, tags: Mapping[str, str], principal: Principal, at: datetime) -> None:
    """Set ``tags``, beside those that are there. Raises ``InvalidTags``."""
    checked(tags)
    with transaction.atomic():
        row = Repository.objects.select_for_update().get(pk=repository.pk)
        repositories.retag(
            repository=row,
            tags=checked({**row.tags, **tags}),
            operation="TagResource",
            principal=principal,
            at=at,
        )


def remove(*, repository: Repository, keys: Collection[str], principal: Principal, at: datetime) -> None:
    """Take the tags of these keys away; one that is not there is no error. Raises ``InvalidTags``."""
    checked(dict.fromkeys(keys, ""))
    with transaction.atomic():
        row = Repository.objects.select_for_update().get(pk=repository.pk)
        left = {key: value for key, value in row.tags.items() if key not in keys}
        repositories.retag(repository=row, tags=left, operation="UntagResource", principal=principal, at=at)
