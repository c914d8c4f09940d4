"""Reads of secrets: lists, filters, values, versions."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from devopsweb.kernel import paging
from devopsweb.vault import envelope
from devopsweb.vault.errors import BadParameter, NotNow, SecretNotFound
from devopsweb.vault.models import Secret, SecretVersion
from devopsweb.vault.types import SecretValue, Value

Filters = Sequence[Mapping[str, Any]]
CURRENT = "AWSCURRENT"
_UNIQUE = {"name": "name", "created-date": "pk"}
_SORTS = {
    "last-changed-date": "changed_at",
    "last-accessed-date": "accessed_on",
}


def usable(row: Secret) -> Secret:
    """The secret, unless it is marked for deletion. Raises ``NotNow``."""
    if row.delete_after is not None:
        raise NotNow(
            "You can't perform this operation on the secret because it was marked for deletion. "
            "Restore it first."
        )
    return row


def version(row: Secret, *, version_id: str = "", stage: str = "") -> SecretVersion:
    """The version of that id and that stage; the current one when neither is named.

    Raises ``SecretNotFound``, ``NotNow``.
    """
    versions = row.versions.prefetch_related("stages")
    if version_id:
        found = versions.filter(version_id=version_id).first()
        if found is None:
            raise SecretNotFound(
                f"Secrets Manager can't find the specified secret value for VersionId: {version_id}"
            )
        if stage and stage not in stages_of(found):
            raise NotNow("You provided a VersionStage that is not associated to the provided VersionId.")
        return found
    found = versions.filter(stages__name=stage or CURRENT).first()
    if found is None:
        raise SecretNotFound(
            f"Secrets Manager can't find the specified secret value for staging label: {stage or CURRENT}"
        )
    return found


def stages_of(found: SecretVersion) -> list[str]:
    """The names of the version's stages."""
    return sorted(stage.name for stage in found.stages.all())


def value_of(row: Secret, found: SecretVersion) -> SecretValue:
    """The version's value. Raises ``CannotUnseal``."""
    data = envelope.open_(found.envelope, SecretVersion.context(row.resource, found.version_id))
    return SecretValue(
        arn=row.arn,
        name=row.name,
        version_id=found.version_id,
        stages=stages_of(found),
        created_at=found.created_at,
        value=Value(data, found.is_binary),
    )


def listed(*, filters: Filters = (), deleted: bool = False) -> "QuerySet[Secret]":
    """The secrets that pass Secrets Manager's filters; those to be deleted only with ``deleted``."""
    rows = Secret.objects.all() if deleted else Secret.objects.filter(delete_after=None)
    if not filters:
        return rows
    plain = rows.values_list("pk", "name", "description", "tags")
    passing = [pk for pk, *facts in plain if all(_passes(one, *facts) for one in filters)]
    return rows.filter(pk__in=passing)


def _passes(one: Mapping[str, Any], name: str, description: str, tags: Mapping[str, str]) -> bool:
    """Whether the secret has one of the filter's values (``!x``: none that is x), compared by beginnings."""
    key = one.get("Key", "all")
    texts = {
        "name": [name],
        "description": [description, *description.split()],
        "tag-key": list(tags),
        "tag-value": list(tags.values()),
        "primary-region": [""],
        "owning-service": [""],
        "all": [name, *name.split("/"), description, *description.split(), *tags, *tags.values()],
    }[key]
    loose = key in ("description", "all")
    for value in one.get("Values", []):
        wanted = value.removeprefix("!")
        found = any(_begins(text, wanted, loose=loose) for text in texts)
        if found != value.startswith("!"):
            return True
    return False


def _begins(text: str, wanted: str, *, loose: bool) -> bool:
    return text.lower().startswith(wanted.lower()) if loose else text.startswith(wanted)


def sorted_page(
    rows: "QuerySet[Secret]", *, by: str, ascending: bool, token: str, size: int, scope: str
) -> paging.Page[Secret]:
    """A page of ``rows`` in the order of ListSecrets. Raises ``InvalidToken``."""
    if by in _UNIQUE:
        return paging.page(rows, token=token, size=size, key=_UNIQUE[by], ascending=ascending, scope=scope)
    sign = 1 if ascending else -1
    pairs = rows.values_list("pk", _SORTS[by])
    keys = sorted([sign * _number(moment), sign * pk] for pk, moment in pairs)
    page = paging.page_of(keys, token=token, size=size, key=lambda pair: pair, scope=scope)
    found = Secret.objects.in_bulk([abs(int(pair[1])) for pair in page.rows])
    return paging.Page([found[abs(int(pair[1]))] for pair in page.rows], page.next_token)


def _number(moment: Any) -> float:
    if moment is None:
        return 0.0
    return moment.timestamp() if isinstance(moment, datetime) else float(moment.toordinal())


def stages_by_version(rows: Sequence[Secret]) -> dict[int, dict[str, list[str]]]:
    """``{version id: stages}`` of each of ``rows``, by the secret's key; deprecated versions are left out."""
    found: dict[int, dict[str, list[str]]] = {row.pk: {} for row in rows}
    staged = SecretVersion.objects.filter(secret__in=rows, stages__isnull=False).distinct()
    for one in staged.prefetch_related("stages"):
        found[one.secret_id][one.version_id] = stages_of(one)
    return found


def search(rows: "QuerySet[Secret]", text: str) -> "QuerySet[Secret]":
    """``rows`` whose name or description contains ``text``."""
    return rows.filter(Q(name__icontains=text) | Q(description__icontains=text)) if text else rows


def json_value(text: str, key: str) -> str:
    """The member ``key`` of a secret that is a JSON object. Raises ``BadParameter``."""
    try:
        found = json.loads(text)
    except ValueError:
        raise BadParameter(f"The secret is no JSON object, so it has no key {key}.") from None
    if not isinstance(found, dict) or key not in found:
        raise BadParameter(f"The secret has no key {key}.")
    return found[key] if isinstance(found[key], str) else json.dumps(found[key])
