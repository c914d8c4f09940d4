"""Doors to the outside: the agent's one file, sandboxes."""
