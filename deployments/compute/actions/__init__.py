"""Verbs upon instances and join tokens."""
