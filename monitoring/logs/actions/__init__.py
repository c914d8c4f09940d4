"""Verbs upon groups and streams."""
