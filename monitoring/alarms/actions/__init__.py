"""Verbs of alarms."""
