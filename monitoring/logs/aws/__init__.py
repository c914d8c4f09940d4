"""CloudWatch Logs' operations on groups, streams and events."""

from monitoring.logs.aws import events, groups, streams, tags

__all__ = ["events", "groups", "streams", "tags"]
