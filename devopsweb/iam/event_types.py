"""News of identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from devopsweb.events.api import EventType


@dataclass(frozen=True, kw_only=True)
class IdentityChanged(EventType):
    """An operation on users, groups, roles, policies or credentials, named as AWS names it."""

    source: ClassVar[str] = "aws.iam"
    detail_type: ClassVar[str] = "AWS API Call via CloudTrail"

    event_name: str
    request: Mapping[str, Any]
    arns: Sequence[str] = field(default_factory=list)

    def detail(self) -> dict[str, Any]:
        """CloudTrail's keys."""
        return {
            "eventSource": "iam.amazonaws.com",
            "eventName": self.event_name,
            "requestParameters": dict(self.request),
        }

    def resources(self) -> Sequence[str]:
        """The identities and policies concerned."""
        return list(self.arns)


@dataclass(frozen=True, kw_only=True)
class SignedIn(EventType):
    """A user signed in, or an attempt failed (CloudTrail's ConsoleLogin)."""

    source: ClassVar[str] = "aws.signin"
    detail_type: ClassVar[str] = "AWS Console Sign In via CloudTrail"

    user: str
    result: str
    source_ip: str = ""

    def detail(self) -> dict[str, Any]:
        """CloudTrail's keys."""
        return {
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "sourceIPAddress": self.source_ip,
            "userIdentity": {"type": "IAMUser", "userName": self.user},
            "responseElements": {"ConsoleLogin": self.result},
        }
