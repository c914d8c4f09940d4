"""Doors to the machine."""
