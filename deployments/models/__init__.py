"""Applications and groups; deployments with their targets and lifecycle events."""

from deployments.models.applications import (
    Application,
    ApplicationRevision,
    DeploymentConfig,
    DeploymentGroup,
)
from deployments.models.deployments import Deployment, HostState, LifecycleEvent, Target

__all__ = [
    "Application",
    "ApplicationRevision",
    "Deployment",
    "DeploymentConfig",
    "DeploymentGroup",
    "HostState",
    "LifecycleEvent",
    "Target",
]
