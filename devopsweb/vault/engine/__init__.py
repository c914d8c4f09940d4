"""Rules of the vault: pure."""
