"""What parameters may hold (SSM API reference, PutParameter): pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devopsweb.vault.errors import (
    BadPolicyAttribute,
    BadPolicyType,
    InvalidRequest,
    PolicyNeedsAdvancedTier,
    UnsupportedType,
)

STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
_LARGEST = {STANDARD: 4096, ADVANCED: 8192}
MOST_VERSIONS = 100
MOST_LABELS = 10


@dataclass(frozen=True)
class Policies:
    """A parameter's policies as they are shown, and when it expires."""

    listed: list[dict[str, str]]
    expires_at: datetime | None = None


def tier(asked: str, present: str, size: int, *, has_policies: bool) -> str:
    """The tier of a parameter with a value of ``size`` bytes. Raises ``InvalidRequest``, ``PolicyNeeds…``."""
    if asked == INTELLIGENT:
        needs_more = size > _LARGEST[STANDARD] or has_policies
        asked = ADVANCED if needs_more or present == ADVANCED else STANDARD
    chosen = asked or present or STANDARD
    if present == ADVANCED and chosen == STANDARD:
        raise InvalidRequest(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. Delete it and create it again."
        )
    if size > _LARGEST[chosen]:
        more = " To create a larger parameter value, upgrade it to the advanced tier."
        raise InvalidRequest(
            f"{chosen} tier parameters support a maximum parameter value of {_LARGEST[chosen]} characters."
            + (more if chosen == STANDARD else "")
        )
    if has_policies and chosen == STANDARD:
        raise PolicyNeedsAdvancedTier("Only parameters of the advanced tier have policies.")
    return chosen


def check_value(type_: str, value: str, data_type: str) -> None:
    """Raise ``UnsupportedType``, ``InvalidRequest`` unless a parameter of this type may have this value."""
    if type_ not in ("String", "StringList", "SecureString"):
        raise UnsupportedType(f"The parameter type {type_} is not supported.")
    if not value:
        raise InvalidRequest("The parameter value must have a length greater than or equal to 1.")
    if "{{" in value and "}}" in value:
        raise InvalidRequest("Parameter value can't nest another parameter: {{ }} are not allowed in it.")
    if data_type != "text":
        raise InvalidRequest(
            f"The following data type is not supported: {data_type}. The vault knows the data type text."
        )


def policies(text: str) -> Policies:
    """The policies of a JSON array. Raises ``BadPolicyType``, ``BadPolicyAttribute``, ``InvalidRequest``."""
    try:
        found = json.loads(text) if text.strip() not in ("", "{}") else []
    except ValueError:
        raise InvalidRequest("Policies must be a JSON array.") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidRequest("Policies must be a JSON array of objects.")
    expires_at = None
    for one in found:
        if one.get("Type") != "Expiration":
            raise BadPolicyType(f"The policy type {one.get('Type')} is not carried out here; Expiration is.")
        expires_at = _expiry(one)
    if len(found) > 1:
        raise BadPolicyType("A parameter has at most one Expiration policy.")
    listed = [_listed(one) for one in found]
    return Policies(listed, expires_at)


def _listed(policy: dict[str, Any]) -> dict[str, str]:
    return {"PolicyText": json.dumps(policy), "PolicyType": policy["Type"], "PolicyStatus": "Pending"}


def _expiry(policy: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(policy["Attributes"]["Timestamp"])
    except (KeyError, TypeError, ValueError):
        raise BadPolicyAttribute(
            "An Expiration policy needs Attributes.Timestamp, for example 2030-01-31T12:00:00Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
