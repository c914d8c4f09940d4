"""Jobs of logs."""

SWEEPS = {"logs.retention": 3600.0}
