"""The timeline of an execution: bars in per cent of its time, waits compressed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.engine.types import Action, Stage
from pipelines.models import ActionExecution, StageExecution
from pipelines.queries.runs import Run
from pipelines.urls_of import action_url

LONG_WAIT = timedelta(minutes=5)
SHORT = timedelta(minutes=15)
TICKS = 6


@dataclass(frozen=True)
class Bar:
    """One action: ``left`` and ``width`` in per cent; no bar before it started."""

    declared: Action
    row: ActionExecution | None
    left: float
    width: float
    length: timedelta | None
    is_critical: bool
    href: str

    @property
    def label(self) -> tuple[str, float]:
        """Where its label stands: after the bar, else before it (``in``), else upon it (``on``)."""
        if self.left + self.width <= 82:
            return "", self.left + self.width
        return ("in", self.left) if self.left >= 30 else ("on", self.left)


@dataclass(frozen=True)
class StageBars:
    """One stage and the bars of its actions."""

    stage: Stage
    row: StageExecution | None
    state: str
    length: timedelta | None
    bars: list[Bar]


@dataclass(frozen=True)
class Tick:
    """A mark on the axis."""

    at: datetime
    left: float
    kind: str = ""


@dataclass(frozen=True)
class Timeline:
    """All of it; ``waited`` is the time between actions and in approvals."""

    stages: list[StageBars]
    ticks: list[Tick]
    active: timedelta
    waited: timedelta
    ends: datetime
    is_compressed: bool
    clock: str


class _Scale:
    """Maps moments to per cent; stretches in which nothing worked count as five minutes at most."""

    def __init__(self, start: datetime, end: datetime, busy: Sequence[tuple[datetime, datetime]]) -> None:
        self.pieces: list[tuple[datetime, datetime, float]] = []
        self.active = timedelta()
        cursor = start
        for since, until in sorted(busy):
            if since > cursor:
                self._add(cursor, since, is_wait=True)
            if until > max(cursor, since):
                self._add(max(cursor, since), until, is_wait=False)
            cursor = max(cursor, until)
        if end > cursor:
            self._add(cursor, end, is_wait=True)
        self.total = sum(piece[2] for piece in self.pieces) or 1.0
        self.breaks = [a for a, b, seconds in self.pieces if (b - a).total_seconds() > seconds + 1]

    def _add(self, since: datetime, until: datetime, *, is_wait: bool) -> None:
        length = until - since
        if not is_wait:
            self.active += length
        shown = min(length, LONG_WAIT) if is_wait else length
        self.pieces.append((since, until, shown.total_seconds()))

    def percent(self, moment: datetime) -> float:
        """Where ``moment`` lies."""
        passed = 0.0
        for since, until, seconds in self.pieces:
            if moment >= until:
                passed += seconds
            elif moment > since:
                passed += seconds * ((moment - since) / (until - since))
        return round(min(100.0, passed / self.total * 100), 2)


def timeline(run: Run, *, now: datetime) -> Timeline:
    """The timeline of ``run``."""
    start = run.execution.started_at
    end = run.execution.finished_at or now
    rows = [row for actions in run.actions.values() for row in actions.values()]
    busy = [(row.started_at, row.finished_at or end) for row in rows if row.category != "Approval"]
    scale = _Scale(start, end, busy)
    stages = [_stage(run, stage, scale, end) for stage in run.definition.stages]
    waited = max(end - start - scale.active, timedelta())
    clock = "H:i:s" if end - start < SHORT else "H:i"
    return Timeline(stages, _ticks(scale, start, end), scale.active, waited, end, bool(scale.breaks), clock)


def _stage(run: Run, stage: Stage, scale: _Scale, end: datetime) -> StageBars:
    row = run.stages.get(stage.name)
    actions = run.actions_of(stage.name)
    bars = [
        _bar(declared, actions.get(declared.name), _longest(group, actions, end), scale, end)
        for group in stage.groups()
        for declared in group
    ]
    length = (row.finished_at or end) - row.started_at if row else None
    waiting = any(action.is_waiting for action in actions.values())
    state = "WaitingForApproval" if waiting else (row.status if row else "")
    return StageBars(stage, row, state, length, bars)


def _longest(group: Sequence[Action], rows: dict[str, ActionExecution], end: datetime) -> str:
    started = [rows[action.name] for action in group if action.name in rows]
    return max(started, key=lambda row: row.finished_at or end).name if started else ""


def _bar(declared: Action, row: ActionExecution | None, longest: str, scale: _Scale, end: datetime) -> Bar:
    if row is None:
        return Bar(declared, None, 0, 0, None, is_critical=False, href="")
    left, right = scale.percent(row.started_at), scale.percent(row.finished_at or end)
    length = (row.finished_at or end) - row.started_at
    href = row.external_url if row.external_url and row.category != "Approval" else action_url(row)
    return Bar(declared, row, left, max(round(right - left, 2), 0.4), length, declared.name == longest, href)


def _ticks(scale: _Scale, start: datetime, end: datetime) -> list[Tick]:
    ticks = [Tick(start, 0.0)]
    for since, until, seconds in scale.pieces:
        steps = int(seconds / scale.total * TICKS)
        for n in range(1, steps + 1):
            if (until - since).total_seconds() <= seconds + 1:
                moment = since + (until - since) * n / (steps + 1)
                ticks.append(Tick(moment, scale.percent(moment)))
    ticks += [Tick(moment, scale.percent(moment), "brk") for moment in scale.breaks]
    return [*ticks, Tick(end, 100.0, "now")]
