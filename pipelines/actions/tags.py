"""Tags of pipelines."""

from collections.abc import Collection, Mapping

from django.db import transaction

from devopsweb.kernel.errors import Conflict, Invalid
from pipelines.models import Pipeline

MOST = 50


class InvalidTags(Invalid):
    """A tag breaks a rule."""

    code = "InvalidTagsException"


class TooManyTags(Conflict):
    """The pipeline would have more tags than it may."""

    code = "TooManyTagsException"


def checked(tags: Mapping[str, str]) -> dict[str, str]:
    """``tags`` if a pipeline may have them. Raises ``InvalidTags``, ``TooManyTags``."""
    system = next((key for key in tags if key.lower().startswith("aws:")), None)
    if system is not None:
        raise InvalidTags(f"Not allowed to modify system tags. System tags start with 'aws:': {system[:128]}")
    if any(not 1 <= len(key) <= 128 or len(value) > 256 for key, value in tags.items()):
        raise InvalidTags("A tag's key has 1 to 128 characters, its value at most 256.")
    if len(tags) > MOST:
        raise TooManyTags(f"Tag limit exceeded: a pipeline may have {MOST} tags.")
    return dict(tags)


def add(*, pipeline: Pipeline, tags: Mapping[str, str]) -> None:
    """Set ``tags``, beside those that are there. Raises ``InvalidTags``, ``TooManyTags``."""
    checked(tags)
    with transaction.atomic():
        row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
        row.tags = checked({**row.tags, **tags})
        row.save(update_fields=["tags"])


def remove(*, pipeline: Pipeline, keys: Collection[str]) -> None:
    """Take the tags of these keys away; one that is not there is no error. Raises ``InvalidTags``."""
    checked(dict.fromkeys(keys, ""))
    with transaction.atomic():
        row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
        row.tags = {key: value for key, value in row.tags.items() if key not in keys}
        row.save(update_fields=["tags"])
