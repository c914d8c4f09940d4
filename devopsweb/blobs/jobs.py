"""Jobs of blobs."""

SWEEPS = {"blobs.sweep": 3600.0}
