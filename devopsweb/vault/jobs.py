"""Jobs of the vault."""

SWEEPS = {"vault.sweep": 60.0}
