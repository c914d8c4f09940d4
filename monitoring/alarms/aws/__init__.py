"""CloudWatch's operations on alarms."""

from monitoring.alarms.aws import describing, verbs

__all__ = ["describing", "verbs"]
