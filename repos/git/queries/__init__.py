"""Reads: revisions, trees, histories, differences."""
