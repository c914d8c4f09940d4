"""States of deployments, their targets and lifecycle events: AWS's words and legal moves."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class DeploymentStatus(StrEnum):
    """States of a deployment."""

    CREATED = "Created"
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    READY = "Ready"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


class TargetStatus(StrEnum):
    """States of one instance in a deployment."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    UNKNOWN = "Unknown"
    READY = "Ready"


class EventStatus(StrEnum):
    """States of one lifecycle event on one instance."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    UNKNOWN = "Unknown"


class Health(StrEnum):
    """What the last deployment to a host left behind; ``NEW`` was never deployed to."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NEW = "new"


D, T, E = DeploymentStatus, TargetStatus, EventStatus
_END: frozenset[DeploymentStatus] = frozenset()

ACTIVE = (D.CREATED, D.QUEUED, D.IN_PROGRESS, D.READY)
DEPLOYMENT: StateMachine[DeploymentStatus] = StateMachine(
    {
        D.CREATED: frozenset({D.QUEUED, D.IN_PROGRESS, D.FAILED, D.STOPPED}),
        D.QUEUED: frozenset({D.IN_PROGRESS, D.FAILED, D.STOPPED}),
        D.IN_PROGRESS: frozenset({D.READY, D.SUCCEEDED, D.FAILED, D.STOPPED}),
        D.READY: frozenset({D.IN_PROGRESS, D.SUCCEEDED, D.FAILED, D.STOPPED}),
        D.SUCCEEDED: _END,
        D.FAILED: _END,
        D.STOPPED: _END,
    }
)
TARGET: StateMachine[TargetStatus] = StateMachine(
    {
        T.PENDING: frozenset({T.IN_PROGRESS, T.SKIPPED, T.FAILED}),
        T.IN_PROGRESS: frozenset({T.READY, T.SUCCEEDED, T.FAILED, T.SKIPPED, T.UNKNOWN}),
        T.READY: frozenset({T.IN_PROGRESS, T.SUCCEEDED, T.FAILED, T.SKIPPED}),
        T.SUCCEEDED: frozenset(),
        T.FAILED: frozenset(),
        T.SKIPPED: frozenset(),
        T.UNKNOWN: frozenset(),
    }
)
EVENT: StateMachine[EventStatus] = StateMachine(
    {
        E.PENDING: frozenset({E.IN_PROGRESS, E.FAILED, E.SKIPPED}),
        E.IN_PROGRESS: frozenset({E.SUCCEEDED, E.FAILED, E.UNKNOWN}),
        E.SUCCEEDED: frozenset(),
        E.FAILED: frozenset(),
        E.SKIPPED: frozenset(),
        E.UNKNOWN: frozenset(),
    }
)

# The order on a host without traffic control (user guide, "AppSpec hooks section", EC2/On-Premises).
LIFECYCLE = (
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
)
