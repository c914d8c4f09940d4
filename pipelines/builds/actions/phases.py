"""Records the phases of a running build as they begin and end."""

from datetime import datetime

from django.db import transaction

from devopsweb.events import api as events
from devopsweb.kernel import clock
from devopsweb.live import api as live
from monitoring.logs import api as logs
from pipelines.builds import information
from pipelines.builds.adapters.shell import Interrupted
from pipelines.builds.event_types import BuildPhaseChanged
from pipelines.builds.models import Build, BuildPhase
from pipelines.builds.states import BuildStatus, Phase, PhaseStatus

PREFIX = "[Container]"


class PhaseFailed(Exception):
    """A phase cannot go on: CodeBuild's context ``code``, a message, and where it comes from."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        command: str = "",
        where: str = "",
        line: int | None = None,
        told: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.command, self.where = code, message, command, where
        self.line, self.told = line, told


def stamp(at: datetime) -> str:
    """The beginning of CodeBuild's own log lines."""
    return f"{PREFIX} {at:%Y/%m/%d %H:%M:%S.%f}"


class Recorder:
    """Writes phase rows, events and log lines of one build; refuses when the build was lost."""

    def __init__(self, build: Build, log: logs.Writer) -> None:
        self.build = build
        self.log = log

    def begin(self, phase: Phase) -> None:
        """``phase`` begins."""
        at = clock.now()
        with transaction.atomic():
            self._own(current_phase=phase)
            BuildPhase.objects.filter(build=self.build, ended_at=None).update(
                status=PhaseStatus.SUCCEEDED, ended_at=at
            )
            BuildPhase.objects.get_or_create(build=self.build, name=phase, defaults={"started_at": at})
        self.build.current_phase = phase
        self.log.write(f"{stamp(at)} Entering phase {phase}", mark=f"phase:{phase}")
        live.changed(self.build.topic)

    def end(self, phase: Phase, status: PhaseStatus, failed: PhaseFailed | None) -> None:
        """``phase`` ended so."""
        at = clock.now()
        if failed:
            self.log.write(
                f"{stamp(at)} Phase context status code: {failed.code} Message: {failed.message}",
                mark="error",
            )
        self.log.write(
            f"{stamp(at)} Phase complete: {phase} State: {status}", mark=f"phase-end:{phase}:{status}"
        )
        with transaction.atomic():
            self._own()
            row = BuildPhase.objects.get(build=self.build, name=phase)
            row.status, row.ended_at = status, at
            if failed:
                row.code, row.message = failed.code, failed.message
            row.save(update_fields=["status", "ended_at", "code", "message"])
            self._announce(row)
        live.changed(self.build.topic)

    def _announce(self, row: BuildPhase) -> None:
        at = row.ended_at or row.started_at
        events.publish(
            BuildPhaseChanged(
                build_id=self.build.external_id,
                build_arn=self.build.arn,
                project=self.build.project_name,
                phase=row.name,
                status=row.status,
                seconds=round((at - row.started_at).total_seconds(), 3),
                context=f"{row.code}: {row.message}" if row.code else "",
                started_at=information.spoken(row.started_at),
                ended_at=information.spoken(at),
            ),
            at=at,
        )

    def _own(self, **fields: object) -> None:
        mine = Build.objects.filter(pk=self.build.pk, fence=self.build.fence, status=BuildStatus.IN_PROGRESS)
        if not (mine.update(**fields) if fields else mine.exists()):
            raise Interrupted("lost")
