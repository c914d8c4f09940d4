"""Repositories: smart HTTP, browsing, diffs."""
