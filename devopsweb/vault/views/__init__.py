"""Pages of the vault."""
