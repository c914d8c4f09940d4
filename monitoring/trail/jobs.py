"""What the trail does by the clock."""

SWEEPS = {"trail.seal": 1.0}
