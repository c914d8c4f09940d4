"""Says in a few words what an event tells, whatever its type."""

from collections.abc import Mapping
from typing import Any

_SUBJECTS = ["alarmName", "pipeline", "project-name", "application", "deploymentId", "repositoryName"]
_DETAILS = ["stage", "action", "deploymentGroup", "instanceId", "referenceName"]
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
