"""Verbs of the trail."""
