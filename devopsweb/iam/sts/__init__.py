"""Temporary credentials: who may have which, sealed into a session token, and found again from it."""
