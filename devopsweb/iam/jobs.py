"""Work that identity does by the clock."""

SWEEPS = {"iam.forget_expired": 3600.0}
