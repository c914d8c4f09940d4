"""News of the vault; values are never part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from devopsweb.events.api import EventType


@dataclass(frozen=True, kw_only=True)
class ParameterChanged(EventType):
    """A parameter was created, updated, labelled or deleted (EventBridge's "Parameter Store Change")."""

    source: ClassVar[str] = "aws.ssm"
    detail_type: ClassVar[str] = "Parameter Store Change"

    operation: str
    name: str
    type: str
    arn: str
    description: str = ""

    def detail(self) -> dict[str, Any]:
        """EventBridge's keys."""
        told = {"operation": self.operation, "name": self.name, "type": self.type}
        return told | ({"description": self.description} if self.description else {})

    def resources(self) -> Sequence[str]:
        """The parameter."""
        return [self.arn]


@dataclass(frozen=True, kw_only=True)
class SecretChanged(EventType):
    """An operation changed a secret, or its time ran out (``DeleteSecret`` by the service)."""

    source: ClassVar[str] = "aws.secretsmanager"
    detail_type: ClassVar[str] = "AWS API Call via CloudTrail"

    event_name: str
    name: str
    arn: str
    version_id: str = ""

    def detail(self) -> dict[str, Any]:
        """CloudTrail's keys."""
        told = {"arn": self.arn, "name": self.name} | (
            {"versionId": self.version_id} if self.version_id else {}
        )
        return {
            "eventSource": "secretsmanager.amazonaws.com",
            "eventName": self.event_name,
            "additionalEventData": told,
        }

    def resources(self) -> Sequence[str]:
        """The secret."""
        return [self.arn]
