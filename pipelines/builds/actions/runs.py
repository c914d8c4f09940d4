"""Runs one build from claim to end: the phases of CodeBuild, one after another."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

import structlog
from django.db import transaction

from devopsweb.kernel import clock
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.vault.api import CannotUnseal, Redactor, decrypt
from monitoring.logs import api as logs
from monitoring.metrics import api as metrics
from pipelines.builds.actions import builds, leases, steps
from pipelines.builds.actions.phases import PhaseFailed, Recorder, stamp
from pipelines.builds.adapters.shell import Interrupted
from pipelines.builds.adapters.workspace import Workspace
from pipelines.builds.engine import phases
from pipelines.builds.engine.phases import Outcome
from pipelines.builds.models import Build
from pipelines.builds.states import BUILD, BuildStatus, Phase, PhaseStatus
from pipelines.builds.types import FailureInfo

log = structlog.get_logger(__name__)

_STATUS = {"stop": PhaseStatus.STOPPED, "timeout": PhaseStatus.TIMED_OUT}


def execute(build_id: int) -> None:
    """Run the build if it still waits; returns when it has ended."""
    build = leases.claim(build_id, at=clock.now())
    if build is None:
        return
    try:
        secrets = [decrypt(row["value"]) for row in build.settings["environment"] if row["secret"]]
    except CannotUnseal as error:
        builds.end_without_worker(build, status=BuildStatus.FAULT, message=str(error), at=clock.now())
        return
    mask = Redactor(secrets)
    writer = logs.Writer(build.log_stream_id, mask=mask)
    writer.write(
        f"{stamp(clock.now())} Build {build.project_name} #{build.number} begins, started by {build.initiator}"
    )
    writer.flush()
    timeout = timedelta(minutes=build.settings["timeout_minutes"])
    pulse = leases.Pulse(build, deadline=clock.now() + timeout)
    pulse.start()
    workspace = Workspace(str(build.uuid))
    try:
        _Run(build, writer, pulse.interruption, workspace, mask).go()
    except Interrupted:
        log.warning("build lost to another worker", build=build.external_id)
    except Exception as error:  # ours; without this the build would hang until its lease ends
        log.exception("build broke", build=build.external_id)
        _give_up(build, writer, error)
    finally:
        pulse.end()
        # Whoever took the build away has ended its log: the rest must be cleaned up all the same.
        with suppress(DevOpsWebError):
            writer.close()
        workspace.remove()
        builds.offer_waiting(at=clock.now())


def _give_up(build: Build, writer: logs.Writer, error: Exception) -> None:
    """End a build that the service itself cannot carry on, as far as it still can."""
    with suppress(DevOpsWebError):
        writer.flush()
    message = f"The build service failed ({type(error).__name__}). Its own log tells more; retry the build."
    builds.end_without_worker(build, status=BuildStatus.FAULT, message=message, at=clock.now())


class _Run:
    """The loop over phases; each phase's work is in ``steps``."""

    def __init__(
        self,
        build: Build,
        writer: logs.Writer,
        interruption: Callable[[], str],
        workspace: Workspace,
        mask: Redactor,
    ) -> None:
        self.build = build
        self.writer = writer
        self.recorder = Recorder(build, writer)
        self.mask = mask
        self.steps = steps.Steps(build, writer, interruption, workspace, mask)
        self.outcomes: list[Outcome] = []
        self.failure: FailureInfo | None = None

    def go(self) -> None:
        phase = Phase.PROVISIONING
        try:
            while phase is not Phase.COMPLETED:
                outcome = self.run(phase)
                self.outcomes.append(outcome)
                phase = phases.after(outcome, self.steps.on_failure(outcome.phase))
        finally:
            self.steps.close()
        self.finish()

    def run(self, phase: Phase) -> Outcome:
        self.recorder.begin(phase)
        failed: PhaseFailed | None = None
        status = PhaseStatus.SUCCEEDED
        try:
            self.steps.run(
                phase, succeeding=not any(o.status != PhaseStatus.SUCCEEDED for o in self.outcomes)
            )
        except PhaseFailed as error:
            status, failed = PhaseStatus.FAILED, error
        except Interrupted as error:
            if error.reason not in _STATUS:
                raise
            status = _STATUS[error.reason]
            failed = self.interrupted(error.reason)
        except (logs.WriterFenced, logs.StreamEnded):
            # The sweep has closed the log of a build that it believes lost.
            raise Interrupted("lost") from None
        except Exception as error:  # ours; the build must end truthfully whatever it was
            log.exception("build phase broke", build=self.build.external_id, phase=phase)
            status = PhaseStatus.FAULT
            failed = PhaseFailed("INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}")
        if failed:
            failed.message, failed.command = self.mask(failed.message), self.mask(failed.command)
            self.remember(phase, failed)
        self.recorder.end(phase, status, failed)
        return Outcome(phase, status)

    def remember(self, phase: Phase, failed: PhaseFailed) -> None:
        """The first failure is the one that explains the build."""
        self.failure = self.failure or FailureInfo(
            phase=str(phase),
            message=failed.message,
            line=failed.line,
            code=failed.code,
            command=failed.command,
            where=failed.where,
            told=failed.told,
        )

    def interrupted(self, reason: str) -> PhaseFailed:
        if reason == "timeout":
            minutes = self.build.settings["timeout_minutes"]
            return PhaseFailed(
                "BUILD_TIMED_OUT", f"Build has timed out: it ran longer than {minutes} minutes."
            )
        self.build.refresh_from_db(fields=["stop_reason"])
        return PhaseFailed("BUILD_STOPPED", self.build.stop_reason or "Stopped.")

    def finish(self) -> None:
        at = clock.now()
        status = phases.verdict(self.outcomes)
        self.writer.write(
            f"{stamp(at)} Build complete: {status}", mark="" if status == BuildStatus.SUCCEEDED else "error"
        )
        # Closed before it is told: whoever hears of the end finds the whole log.
        self.writer.close()
        failure = asdict(self.failure) if self.failure and status is not BuildStatus.STOPPED else None
        with transaction.atomic():
            moved = BUILD.move(
                self.build,
                status,
                current_phase=Phase.COMPLETED,
                ended_at=at,
                lease_until=None,
                failure=failure,
                artifacts=self.steps.artifacts,
                exported_variables=self.steps.exported,
                resolved_version=self.steps.version,
            )
            if not moved:
                raise Interrupted("lost")
            builds.announce(self.build, at=at)
        _measure(self.build)


def _measure(build: Build) -> None:
    """AWS/CodeBuild's metrics of one ended build, for the project and for all together."""
    if build.ended_at is None or build.started_at is None:
        return
    at, seconds = build.ended_at, (build.ended_at - build.started_at).total_seconds()
    name = "SucceededBuilds" if build.status == BuildStatus.SUCCEEDED else "FailedBuilds"
    rows = [("Builds", 1.0, "Count"), (name, 1.0, "Count"), ("Duration", seconds, "Seconds")]
    metrics.put(
        [
            metrics.Datum(
                namespace="AWS/CodeBuild", name=metric, value=value, unit=unit, at=at, dimensions=dimensions
            )
            for metric, value, unit in rows
            for dimensions in ({}, {"ProjectName": build.project_name})
        ]
    )
