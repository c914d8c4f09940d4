"""Jobs of notifications."""

SWEEPS = {"notifications.sweep": 10.0, "notifications.expire": 86400.0}
