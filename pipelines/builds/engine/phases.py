"""Which phase follows, and how the build stands: a pure fold of its phases.

The table is CodeBuild's ("Build phase transitions"): a failed BUILD still runs POST_BUILD,
and artifacts are attempted even then; a failure before BUILD goes straight to FINALIZING.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.builds.states import PHASE_ORDER, BuildStatus, Phase, PhaseStatus

_TO_FINALIZING = {
    Phase.PROVISIONING,
    Phase.DOWNLOAD_SOURCE,
    Phase.INSTALL,
    Phase.PRE_BUILD,
    Phase.UPLOAD_ARTIFACTS,
}
_INTERRUPTED = {PhaseStatus.STOPPED, PhaseStatus.TIMED_OUT, PhaseStatus.FAULT}


@dataclass(frozen=True)
class Outcome:
    """A phase that has ended."""

    phase: Phase
    status: PhaseStatus


def after(outcome: Outcome, on_failure: str = "") -> Phase:
    """The phase that follows ``outcome``; ``on_failure`` is that phase's own word in the buildspec."""
    if outcome.phase is Phase.FINALIZING:
        return Phase.COMPLETED
    if outcome.status in _INTERRUPTED:
        return Phase.FINALIZING if outcome.phase not in {Phase.SUBMITTED, Phase.QUEUED} else Phase.COMPLETED
    if outcome.status is PhaseStatus.FAILED and on_failure != "CONTINUE":
        if outcome.phase in {Phase.SUBMITTED, Phase.QUEUED}:
            return Phase.COMPLETED
        if on_failure == "ABORT" or outcome.phase in _TO_FINALIZING:
            return Phase.FINALIZING
    return PHASE_ORDER[PHASE_ORDER.index(outcome.phase) + 1]


def verdict(outcomes: Sequence[Outcome]) -> BuildStatus:
    """The status of a build whose phases ended so: the worst of them, FAULT above all."""
    seen = {outcome.status for outcome in outcomes}
    order: Mapping[PhaseStatus, BuildStatus] = {
        PhaseStatus.FAULT: BuildStatus.FAULT,
        PhaseStatus.STOPPED: BuildStatus.STOPPED,
        PhaseStatus.TIMED_OUT: BuildStatus.TIMED_OUT,
        PhaseStatus.FAILED: BuildStatus.FAILED,
    }
    return next((status for phase, status in order.items() if phase in seen), BuildStatus.SUCCEEDED)
