"""Doors to the outside: revisions, logs, waiting agents."""
