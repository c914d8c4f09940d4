"""Doors to the queue and to the mail server."""
