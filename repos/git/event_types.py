"""What this app tells the rest of the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devopsweb.events.api import EventType
from devopsweb.kernel.arn import arn


@dataclass(frozen=True, kw_only=True)
class ReferenceUpdated(EventType):
    """A branch or tag was created, moved or deleted (``before`` or ``after`` is then empty)."""

    source = "aws.codecommit"
    detail_type = "CodeCommit Repository State Change"

    repository: str
    repository_id: str = ""
    reference_type: str
    reference_name: str
    reference_full_name: str
    before: str
    after: str
    event: str
    pusher_arn: str = ""

    def detail(self) -> dict[str, Any]:
        """EventBridge's detail with CodeCommit's keys."""
        detail = {
            "event": self.event,
            "repositoryName": self.repository,
            "repositoryId": self.repository_id,
            "referenceType": self.reference_type,
            "referenceName": self.reference_name,
            "referenceFullName": self.reference_full_name,
            "callerUserArn": self.pusher_arn,
        }
        if self.after:
            detail["commitId"] = self.after
        if self.before:
            detail["oldCommitId"] = self.before
        return detail

    def resources(self) -> Sequence[str]:
        """The repository."""
        return (arn("codecommit", self.repository),)


@dataclass(frozen=True, kw_only=True)
class RepositoryChanged(EventType):
    """A repository was created, renamed, described or deleted; ``operation`` is CodeCommit's name of it."""

    source = "aws.codecommit"
    detail_type = "AWS API Call via CloudTrail"

    repository: str
    repository_id: str
    operation: str

    def detail(self) -> dict[str, Any]:
        """The shape of a CloudTrail record, as far as rules match it."""
        return {
            "eventSource": "codecommit.amazonaws.com",
            "eventName": self.operation,
            "requestParameters": {"repositoryName": self.repository},
            "responseElements": {"repositoryId": self.repository_id},
        }

    def resources(self) -> Sequence[str]:
        """The repository."""
        return (arn("codecommit", self.repository),)
