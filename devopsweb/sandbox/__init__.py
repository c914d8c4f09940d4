"""Runs a program with a view of the system that holds only what it was given."""
