"""Template words of repository pages."""
