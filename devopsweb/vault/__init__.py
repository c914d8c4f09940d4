"""Secrets at rest, and their removal from logs."""
