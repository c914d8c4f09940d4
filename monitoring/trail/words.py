"""Says in a few words what an event tells, whatever its type."""

from collections.abc import Mapping
from typing import Any

from monitoring.trail.queries import RecordInfo

_SUBJECTS = ["alarmName", "pipeline", "project-name", "application", "deploymentId", "repositoryName"]
_DETAILS = ["stage", "action", "deploymentGroup", "instanceId", "referenceName"]
# Parts of the codes that say: you may not, or you are not who you say.
_REFUSALS = (
    "Denied", "Unauthorized", "AuthFailure", "Signature", "UnrecognizedClient", "InvalidClientToken",
    "InvalidAccessKeyId", "ExpiredToken", "AuthenticationToken",
)  # fmt: skip
_OUTCOMES = ["state", "build-status", "completed-phase", "event", "operation", "eventName"]


def headline(detail: Mapping[str, Any]) -> tuple[str, str]:
    """(what it is about, what became of it), from the keys that AWS's events use."""
    subject = next((str(detail[key]) for key in _SUBJECTS if detail.get(key)), "")
    parts = [subject, *(str(detail[key]) for key in _DETAILS if isinstance(detail.get(key), str))]
    return " / ".join(part for part in parts if part), _outcome(detail)


def _outcome(detail: Mapping[str, Any]) -> str:
    for key in _OUTCOMES:
        value = detail.get(key)
        if isinstance(value, Mapping):
            value = value.get("value")
        if isinstance(value, str) and value:
            return value
    return ""


def short_arn(arn: str) -> str:
    """The resource of an ARN, which names it among people: ``pipeline/web`` or ``alarm:cpu``."""
    return arn.split(":", 5)[-1]


def who(principal_arn: str) -> str:
    """The name at the end of a principal's ARN."""
    return principal_arn.rsplit("/", 1)[-1]


def role(principal_arn: str) -> str:
    """The role of a session's ARN, or nothing."""
    return principal_arn.partition(":assumed-role/")[2].partition("/")[0]


def outcome(info: RecordInfo) -> str:
    """``refused``, ``failed`` or empty."""
    if not info.error_code:
        return ""
    refused = any(word in info.error_code for word in _REFUSALS)
    return "refused" if refused or info.event_name == "ConsoleLogin" else "failed"


def door(record: Mapping[str, Any]) -> str:
    """Through which door the call came."""
    identity = record.get("userIdentity") or {}
    if record.get("eventType") == "AwsConsoleSignIn" or record.get("sessionCredentialFromConsole"):
        return "page"
    if record.get("eventName") in ("GitPull", "GitPush") and (record.get("additionalEventData") or {}).get(
        "protocol"
    ):
        return "git"
    return "service" if identity.get("invokedBy") else "API"


def flat(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested parameters as (path, text), for people."""
    if isinstance(value, Mapping):
        return [
            pair
            for key, one in value.items()
            for pair in flat(one, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return [pair for number, one in enumerate(value) for pair in flat(one, f"{prefix}[{number}]")]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(one) for one in value))]
    return [(prefix, "" if value is None else str(value))] if prefix else []
