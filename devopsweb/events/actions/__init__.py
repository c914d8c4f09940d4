"""Verbs of the bus."""
