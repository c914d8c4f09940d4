"""What the pages of deployments show, worked out from rows: words, links, bars, cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse

from deployments.models import Deployment, LifecycleEvent, Target
from deployments.queries import OVERVIEW
from deployments.states import DeploymentStatus, EventStatus, TargetStatus

CREATORS = {
    "codeDeployRollback": "automatic roll-back",
    "codepipeline": "pipeline",
    "user": "",
}


# Error codes whose name alone tells a reader little.
TITLES = {
    "HEALTH_CONSTRAINTS": "Too many hosts failed",
    "HEALTH_CONSTRAINTS_INVALID": "The minimum of healthy hosts leaves none to deploy to",
    "NO_INSTANCES": "No host matches the group",
    "OVER_MAX_INSTANCES": "The group has too many hosts",
    "INVALID_REVISION": "The revision cannot be deployed",
    "REVISION_MISSING": "The revision is gone",
    "TIMEOUT": "It took too long",
}


@dataclass(frozen=True)
class Cell:
    """One lifecycle event of one host in the grid."""

    name: str
    state: str
    word: str
    took: timedelta | None
    href: str


@dataclass(frozen=True)
class HostRow:
    """One host of the grid; ``problem`` is the failing script and its last words."""

    name: str
    href: str
    log_href: str
    state: str
    note: str
    cells: Sequence[Cell]
    problem: str


@dataclass(frozen=True)
class Share:
    """A part of the overview bar."""

    state: str
    word: str
    number: int


def commit_url(deployment: Deployment) -> str:
    """The page of the revision's commit; empty when it came from no repository."""
    if not (deployment.revision_repository and deployment.revision_commit):
        return ""
    where = {"repository": deployment.revision_repository, "sha": deployment.revision_commit}
    try:
        return reverse("commit", kwargs=where)
    except NoReverseMatch:
        return ""


def who(arn: str) -> str:
    """The name at the end of a principal's ARN."""
    return arn.rpartition("/")[2]


def by(deployment: Deployment) -> str:
    """Who or what began the deployment."""
    return CREATORS.get(deployment.creator) or who(deployment.creator_arn) or deployment.creator


def label(commit: str, digest: str) -> str:
    """A revision's short name: its commit, else the beginning of its digest."""
    return (commit or digest)[:7]


def shares(counts: dict[str, int]) -> list[Share]:
    """The parts of the overview bar, done ones first."""
    order = ("Succeeded", "Failed", "InProgress", "Ready", "Skipped", "Pending")
    words = {"InProgress": "in progress"}
    assert set(order) == set(OVERVIEW)  # noqa: S101  one list must not grow without the other
    return [Share(s, words.get(s, s.lower()), counts[s]) for s in order if counts[s]]


def rows(
    deployment: Deployment,
    targets: Sequence[Target],
    events: dict[int, list[LifecycleEvent]],
    *,
    now: datetime,
) -> list[HostRow]:
    """The grid of ``targets``."""
    return [_row(deployment, target, events.get(target.pk, []), now) for target in targets]


def _row(deployment: Deployment, target: Target, events: list[LifecycleEvent], now: datetime) -> HostRow:
    where = {"deployment_id": deployment.code, "instance": target.instance.name}
    log = reverse("deployment-log", kwargs=where)
    return HostRow(
        name=target.instance.name,
        href=reverse("instance", kwargs={"name": target.instance.name}),
        log_href=log,
        state=target.status,
        note=_note(target, events, now),
        cells=[_cell(event, log, now) for event in events],
        problem=_problem(target, events),
    )


def _note(target: Target, events: list[LifecycleEvent], now: datetime) -> str:
    if target.status == TargetStatus.PENDING:
        return "Waits for its turn"
    if target.message:
        return target.message
    if target.status == TargetStatus.SUCCEEDED:
        return f"Runs the new revision since {target.completed_at:%H:%M}" if target.completed_at else ""
    for event in events:
        if event.status == EventStatus.IN_PROGRESS:
            return event.name
        if event.status == EventStatus.PENDING and event.available_at:
            waited = now - event.available_at
            return "Waits for the agent" if waited > timedelta(seconds=3) else event.name
    return ""


def _problem(target: Target, events: list[LifecycleEvent]) -> str:
    if target.status != TargetStatus.FAILED:
        return ""
    failed = next((e for e in events if e.status == EventStatus.FAILED), None)
    if failed is None:
        return target.message
    last = failed.log_tail.strip().rpartition("\n")[2]
    return ": ".join(part for part in (failed.script_name or failed.name, last or failed.message) if part)


def _cell(event: LifecycleEvent, log: str, now: datetime) -> Cell:
    ended = event.ended_at or (now if event.status == EventStatus.IN_PROGRESS else None)
    took = ended - event.started_at if ended and event.started_at else None
    line = f"#L{event.first_line + 1}" if event.first_line is not None else ""
    if event.status == EventStatus.PENDING:
        state = "Queued" if event.available_at else ""
        return Cell(event.name, state, "Waiting" if event.available_at else "Not started", None, "")
    href = f"{log}{line}" if event.started_at else ""
    return Cell(event.name, event.status, "", took, href)


@dataclass(frozen=True)
class Moment:
    """A line of the activity feed; ``who`` is empty for what happened by itself."""

    at: datetime
    who: str
    text: str


def feed(deployment: Deployment, targets: Sequence[Target]) -> list[Moment]:
    """What happened, the latest first; successes of single hosts are counted, not listed."""
    author = by(deployment)
    moments = [Moment(deployment.created_at, author, "created the deployment")]
    if deployment.started_at:
        moments.append(Moment(deployment.started_at, "", f"Began on {deployment.total} hosts"))
    moments += [
        Moment(t.completed_at, "", f"{t.instance.name} failed")
        for t in targets
        if t.completed_at and t.status == TargetStatus.FAILED
    ]
    if deployment.stop_requested_at:
        moments.append(
            Moment(deployment.stop_requested_at, who(deployment.stopped_by_arn), "asked to stop it")
        )
    if deployment.completed_at:
        words = {"Succeeded": "Succeeded", "Failed": "Failed", "Stopped": "Stopped"}
        moments.append(Moment(deployment.completed_at, "", words[deployment.status]))
    return sorted(moments, key=lambda m: m.at)[::-1]


def word(deployment: Deployment) -> str:
    """The state as a user says it."""
    if deployment.stop_requested_at and not deployment.completed_at:
        return "Stopping"
    if deployment.status == DeploymentStatus.STOPPED and deployment.stopped_by_arn:
        return f"Stopped by {who(deployment.stopped_by_arn)}"
    return ""
