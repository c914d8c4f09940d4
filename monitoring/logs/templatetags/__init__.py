"""Template tags of logs."""
