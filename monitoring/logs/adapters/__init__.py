"""Doors to files and to the message bus."""
