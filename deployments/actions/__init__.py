"""Verbs: each owns its transaction, the state move and the event."""
