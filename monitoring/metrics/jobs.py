"""Jobs of metrics."""

SWEEPS = {"metrics.fold": 10.0, "metrics.expire": 3600.0, "metrics.host": 60.0}
