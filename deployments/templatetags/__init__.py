"""Template words of deployments."""
