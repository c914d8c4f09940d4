"""CodeDeploy's operations."""

from deployments.aws import applications, configs, deployments, groups, instances, revisions, tags, targets

__all__ = [
    "applications",
    "configs",
    "deployments",
    "groups",
    "instances",
    "revisions",
    "tags",
    "targets",
]
