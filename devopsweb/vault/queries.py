"""Reads of parameters: lists, filters, values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr

from devopsweb.vault import envelope
from devopsweb.vault.engine.names import Pointer
from devopsweb.vault.errors import (
    BadFilterKey,
    BadFilterOption,
    BadFilterValue,
    InvalidRequest,
    ParameterVersionNotFound,
)
from devopsweb.vault.models import Parameter, ParameterVersion
from devopsweb.vault.types import ParameterValue

_COLUMNS = {"Name": "name", "Type": "type", "KeyId": "key_id", "Tier": "tier", "DataType": "data_type"}
BY_PATH_KEYS = frozenset({"Type", "KeyId", "Label"})
Filters = Sequence[Mapping[str, Any]]


def version_at(row: Parameter, wanted: Pointer) -> ParameterVersion:
    """The version that the selector names, else the newest. Raises ``ParameterVersionNotFound``."""
    versions = row.versions.all()
    if not wanted.selector:
        found = versions.filter(number=row.version).first()
    elif wanted.wanted.isascii() and wanted.wanted.isdigit():
        found = versions.filter(number=int(wanted.wanted[:18])).first()
    else:
        found = versions.filter(labels__name=wanted.wanted).first()
    if found is None:
        raise ParameterVersionNotFound(
            f"Systems Manager could not find version {wanted.wanted} of {row.name}. "
            "Verify the version and try again."
        )
    return found


def value_of(
    row: Parameter, version: ParameterVersion, *, decrypt: bool, selector: str = ""
) -> ParameterValue:
    """The value; of a SecureString the ciphertext unless ``decrypt``. Raises ``CannotUnseal``."""
    return ParameterValue(
        name=row.name,
        arn=row.arn,
        type=version.type,
        data_type=version.data_type,
        version=version.number,
        selector=selector,
        modified_at=version.modified_at,
        value=text_of(row, version, decrypt=decrypt),
    )


def text_of(row: Parameter, version: ParameterVersion, *, decrypt: bool) -> str:
    """The text of a version; of a SecureString the ciphertext unless ``decrypt``."""
    if version.type == "SecureString" and not decrypt:
        return version.ciphertext
    return envelope.open_(version.envelope, ParameterVersion.context(row.name, version.number)).decode()


def newest(rows: Iterable[Parameter]) -> dict[int, ParameterVersion]:
    """The newest version of each of ``rows``, by the parameter's key."""
    wanted = {row.pk: row.version for row in rows}
    found = ParameterVersion.objects.filter(parameter__in=wanted, number__in=set(wanted.values()))
    return {
        version.parameter_id: version for version in found if wanted[version.parameter_id] == version.number
    }


def below(path: str, *, recursive: bool) -> "QuerySet[Parameter]":
    """The parameters on the level ``path`` (``/``, ``/app``), and with ``recursive`` below it."""
    level = "/" + path.strip("/")
    here = Q(path=level)
    if not recursive:
        return Parameter.objects.filter(here)
    if level == "/":
        return Parameter.objects.all()
    # Compared by characters as well: SQLite's LIKE knows no case.
    deeper = level + "/"
    rows = Parameter.objects.annotate(path_start=Substr("path", 1, len(deeper)))
    return rows.filter(here | Q(path__startswith=deeper, path_start=deeper))


def filtered(rows: "QuerySet[Parameter]", filters: Filters) -> "QuerySet[Parameter]":
    """``rows`` that pass SSM's ParameterFilters. Raises ``BadFilterKey``, ``…Option``, ``…Value``."""
    seen: set[str] = set()
    for one in filters:
        key = one["Key"]
        if key in seen:
            raise BadFilterKey(f"The filter {key} stands twice.")
        seen.add(key)
        rows = rows.filter(_condition(key, one.get("Option", ""), list(one.get("Values", []))))
    return rows.distinct() if "Label" in seen else rows


def _condition(key: str, option: str, values: list[str]) -> Q:
    if key == "Path":
        return _in_paths(option or "OneLevel", values)
    if key.startswith("tag:"):
        return Q(pk__in=_tagged(key.removeprefix("tag:"), values, option or "Equals"))
    if not values:
        raise BadFilterValue(f"The filter {key} needs values.")
    option = option or "Equals"
    if key == "Label":
        _only(key, option, {"Equals"})
        return Q(labels__name__in=values)
    if key not in _COLUMNS:
        raise BadFilterKey(f"{key} is no filter of this list.")
    _only(key, option, {"Equals", "BeginsWith", "Contains"} if key == "Name" else {"Equals", "BeginsWith"})
    if key == "Name":
        return _by_name(option, values)
    column = _COLUMNS[key]
    return _any(Q(**{column: v} if option == "Equals" else {f"{column}__startswith": v}) for v in values)


def _only(key: str, option: str, known: set[str]) -> None:
    if option not in known:
        raise BadFilterOption(f"The filter {key} compares by {' or '.join(sorted(known))}, not by {option}.")


def _by_name(option: str, values: list[str]) -> Q:
    """Names are compared without their first slash, as AWS does."""
    plain = [value.removeprefix("/") for value in values]
    if option == "Equals":
        return Q(resource__in=plain)
    lookup = "resource__startswith" if option == "BeginsWith" else "resource__contains"
    return _any(Q(**{lookup: value}) for value in plain)


def _in_paths(option: str, values: list[str]) -> Q:
    _only("Path", option, {"OneLevel", "Recursive"})
    for value in values:
        if not value.startswith("/"):
            raise BadFilterValue("The parameter path must begin with a slash.")
    return _any(Q(pk__in=below(value, recursive=option == "Recursive").values("pk")) for value in values)


def _tagged(key: str, values: list[str], option: str) -> list[int]:
    """Keys of the parameters with that tag (of one of ``values``); tags are compared here, not in SQL."""
    _only("tag", option, {"Equals"})
    rows = Parameter.objects.values_list("pk", "tags")
    return [pk for pk, tags in rows if key in tags and (not values or tags[key] in values)]


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def check_path(path: str) -> None:
    """Raise ``InvalidRequest`` unless ``path`` may be asked for by GetParametersByPath."""
    if not path.startswith("/"):
        raise InvalidRequest(
            "The parameter doesn't meet the parameter name requirements. The path must begin with a slash."
        )


def folders(names: Iterable[str], path: str) -> dict[str, int]:
    """The next levels below ``path`` among ``names``, with the number of parameters in each."""
    start = "/" if path == "/" else path + "/"
    found: dict[str, int] = {}
    for name in names:
        rest = name.removeprefix(start) if name.startswith(start) else ""
        level, slash, _ = rest.partition("/")
        if slash:
            found[start + level] = found.get(start + level, 0) + 1
    return dict(sorted(found.items()))
