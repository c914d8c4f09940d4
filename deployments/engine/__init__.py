"""Pure decisions: snapshots in, moves out."""
