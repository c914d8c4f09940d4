"""Verbs of the vault."""
