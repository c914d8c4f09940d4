"""Verbs of dashboards."""
