"""Events of alarms, in EventBridge's shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devopsweb.events.api import EventType


@dataclass(frozen=True, kw_only=True)
class AlarmStateChanged(EventType):
    """An alarm entered a state; ``now`` and ``before`` hold value, reason, reasonData, timestamp."""

    source = "aws.cloudwatch"
    detail_type = "CloudWatch Alarm State Change"
    alarm_name: str
    alarm_arn: str
    state: str
    previous_state: str
    now: dict[str, str]
    before: dict[str, str]
    configuration: dict[str, Any]

    def detail(self) -> dict[str, Any]:
        """EventBridge's detail."""
        return {
            "alarmName": self.alarm_name,
            "state": self.now,
            "previousState": self.before,
            "configuration": self.configuration,
        }

    def resources(self) -> Sequence[str]:
        """The alarm."""
        return (self.alarm_arn,)


@dataclass(frozen=True, kw_only=True)
class AlarmConfigurationChanged(EventType):
    """An alarm was created, updated or deleted (``operation``)."""

    source = "aws.cloudwatch"
    detail_type = "CloudWatch Alarm Configuration Change"
    alarm_name: str
    alarm_arn: str
    operation: str
    state: str
    configuration: dict[str, Any]

    def detail(self) -> dict[str, Any]:
        """EventBridge's detail."""
        return {
            "alarmName": self.alarm_name,
            "operation": self.operation,
            "state": {"value": self.state},
            "configuration": self.configuration,
        }

    def resources(self) -> Sequence[str]:
        """The alarm."""
        return (self.alarm_arn,)
