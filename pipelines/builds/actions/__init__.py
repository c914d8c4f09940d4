"""Verbs of builds and projects."""
