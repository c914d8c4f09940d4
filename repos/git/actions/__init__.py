"""Verbs: repositories, references, commits, archives, housekeeping."""
