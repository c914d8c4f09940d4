"""Doors to what is outside of the database."""
