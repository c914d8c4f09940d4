"""Template words of pipelines."""
