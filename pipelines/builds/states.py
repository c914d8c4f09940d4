"""States of builds and phases, in CodeBuild's words, and the moves between them."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class BuildStatus(StrEnum):
    """CodeBuild's ``StatusType``."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


class Phase(StrEnum):
    """CodeBuild's ``BuildPhaseType``, in their order."""

    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


class PhaseStatus(StrEnum):
    """How a phase ended, or that it runs."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


_ENDS = frozenset(BuildStatus) - {BuildStatus.IN_PROGRESS}

BUILD: StateMachine[BuildStatus] = StateMachine(
    {BuildStatus.IN_PROGRESS: _ENDS, **{end: frozenset() for end in _ENDS}}
)

PHASE_ORDER = tuple(Phase)
COMMAND_PHASES = (Phase.INSTALL, Phase.PRE_BUILD, Phase.BUILD, Phase.POST_BUILD)
