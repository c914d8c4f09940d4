"""What the trail does by the clock."""

SWEEPS = {"trail.seal": 1.0, "trail.deliver": 30.0, "trail.digest": 60.0, "trail.expire": 3600.0}
