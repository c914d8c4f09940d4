"""Jobs of metrics."""

# Two reports a minute: one that comes a little late must not leave a gap in the chart.
SWEEPS = {"metrics.fold": 10.0, "metrics.expire": 3600.0, "metrics.host": 30.0}
