"""Applications, groups, deployments, lifecycle events."""
