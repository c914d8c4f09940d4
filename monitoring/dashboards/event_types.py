"""Events of dashboards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devopsweb.events.api import EventType


@dataclass(frozen=True, kw_only=True)
class DashboardChanged(EventType):
    """A dashboard was put or deleted: CloudTrail's record of the call (``eventName``)."""

    source = "aws.monitoring"
    detail_type = "AWS API Call via CloudTrail"
    event_name: str
    dashboard: str
    arn: str

    def detail(self) -> dict[str, Any]:
        """The part of CloudTrail's record that is known."""
        return {
            "eventSource": "monitoring.amazonaws.com",
            "eventName": self.event_name,
            "requestParameters": {"dashboardName": self.dashboard},
        }

    def resources(self) -> Sequence[str]:
        """The dashboard."""
        return (self.arn,)
