"""What pages say about builds: lines of lists, phases, where and why a build failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.kernel.principals import Principal
from devopsweb.sandbox import api as sandbox
from monitoring.logs import api as logs
from monitoring.logs.api import StreamInfo
from pipelines.builds import queries
from pipelines.builds.engine.buildspec import looks_inline
from pipelines.builds.models import Build, BuildPhase
from pipelines.builds.states import PHASE_ORDER, Phase
from pipelines.builds.types import WORDS
from repos.git import api as git

SHOWN = PHASE_ORDER[PHASE_ORDER.index(Phase.PROVISIONING) : PHASE_ORDER.index(Phase.FINALIZING)]
EXCERPT = 8


@dataclass(frozen=True)
class Line:
    """A build in a list."""

    build: Build
    state: str
    word: str
    took: timedelta | None
    why: str


@dataclass(frozen=True)
class Step:
    """A phase in the strip above the log; ``weight`` is its share of the width, ``line`` its log line."""

    name: str
    state: str
    took: timedelta | None
    weight: int
    line: int | None


def state_of(build: Build) -> tuple[str, str]:
    """The state to show and its word."""
    if build.is_complete:
        return build.status, ""
    if build.stop_requested_at:
        return "stopping", ""
    if build.lease_until is None:
        return "queued", ""
    return build.status, build.current_phase.replace("_", " ").capitalize()


def line(build: Build) -> Line:
    """A build in a list."""
    state, word = state_of(build)
    failure = build.failure or {}
    why = f"{failure['phase']}: {failure['message']}" if failure else ""
    return Line(build, state, word, took(build), why)


def took(build: Build) -> timedelta | None:
    """How long a build ran, once it has ended."""
    return build.ended_at - build.started_at if build.ended_at and build.started_at else None


def masked(environment: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Variables without the values of secrets."""
    return [{"name": row["name"], "secret": row["secret"], "value": _shown(row)} for row in environment]


def _shown(row: Mapping[str, Any]) -> str:
    if row["secret"]:
        return ""
    return f"{WORDS[row['type']]}:{row['value']}" if row.get("type") else str(row["value"])


def page(build: Build, principal: Principal, *, now: datetime) -> dict[str, Any]:
    """Everything that a build's page shows."""
    state, word = state_of(build)
    rows = list(build.phases.all())
    stream = _stream(build)
    lines = _phase_lines(stream, principal)
    excerpt = _excerpt(build, stream, principal)
    return {
        "build": build,
        "state": state,
        "word": word,
        "took": took(build),
        "usual": None if build.is_complete else queries.usual_duration(build.project_name),
        "steps": steps(rows, lines, now=now),
        "stream": stream,
        "excerpt": excerpt,
        "last_words": next((text for _, text in reversed(excerpt) if text.strip()), ""),
        "line_link": _failure_line(build),
        "inline_spec": looks_inline(build.settings["buildspec"]),
        "commit": _commit(build, principal),
        "place": queries.place_in_queue(build) if state == "queued" else 0,
        "environment": masked(build.settings["environment"]),
        "artifacts": [{"name": name, "digest": digest} for name, digest in build.artifacts.items()],
        "isolation": sandbox.capability().isolation,
        "may_stop": iam.is_allowed(principal, "codebuild:StopBuild", build.project_arn),
        "may_retry": iam.is_allowed(principal, "codebuild:RetryBuild", build.project_arn),
        "project_exists": queries.project_or_none(build.project_name) is not None,
    }


def steps(rows: Sequence[BuildPhase], lines: Mapping[str, int], *, now: datetime) -> list[Step]:
    """The strip of phases; a phase's width grows with its duration, within bounds."""
    found = {row.name: row for row in rows}
    return [_step(name, found.get(name), lines.get(name), now) for name in SHOWN]


def _step(name: str, row: BuildPhase | None, log_line: int | None, now: datetime) -> Step:
    if row is None:
        return Step(name, "", None, 7, None)
    duration = (row.ended_at or now) - row.started_at
    # A phase may have begun after this page took its time, or by the clock of another machine.
    weight = 6 + min(28, round(max(0.0, duration.total_seconds()) ** 0.5 * 2))
    return Step(name, row.status, duration if row.ended_at else None, weight, log_line)


def _stream(build: Build) -> StreamInfo | None:
    try:
        return logs.info(build.log_stream_id)
    except logs.StreamNotFound:
        return None


def _readable(stream: StreamInfo | None, principal: Principal) -> bool:
    return stream is not None and iam.is_allowed(principal, "logs:GetLogEvents", stream.arn)


def _phase_lines(stream: StreamInfo | None, principal: Principal) -> dict[str, int]:
    """The line (from 1) at which each phase begins."""
    if stream is None or not _readable(stream, principal):
        return {}
    marks = logs.marks(stream_id=stream.id).marks
    return {m.mark.removeprefix("phase:"): m.number + 1 for m in marks if m.mark.startswith("phase:")}


def _failure_line(build: Build) -> int | None:
    """The number, from 1, of the log line that tells of the failure."""
    number = (build.failure or {}).get("line")
    return None if number is None else int(number) + 1


def _excerpt(build: Build, stream: StreamInfo | None, principal: Principal) -> list[tuple[int, str]]:
    """The last lines of output before the line that tells of the failure, numbered from 1."""
    line_number = (build.failure or {}).get("told")
    if line_number is None or stream is None or not _readable(stream, principal):
        return []
    start = max(0, line_number - EXCERPT)
    found = logs.read(stream_id=stream.id, start=start, limit=line_number - start).lines
    numbered = [(start + index + 1, one) for index, one in enumerate(found)]
    commands = [index for index, (_, one) in enumerate(numbered) if one.mark not in {"", "error"}]
    output = numbered[commands[-1] + 1 :] if commands else numbered
    return [(number, logs.plain(one.text)) for number, one in output]


def _commit(build: Build, principal: Principal) -> dict[str, str]:
    """The commit that was built: its id, its link and its subject where the caller may see them."""
    sha = build.resolved_version or str(build.source.get("version", ""))
    repository = str(build.source.get("repository", ""))
    known = {"sha": sha, "repository": repository, "url": "", "subject": "", "author": ""}
    resource = arn("codecommit", repository)
    if not sha or not repository or not iam.is_allowed(principal, "codecommit:GetCommit", resource):
        return known
    try:
        commit = git.resolve(repository=repository, ref=sha)
    except DevOpsWebError:
        return known
    url = reverse("commit", kwargs={"repository": repository, "sha": commit.sha})
    return {**known, "sha": commit.sha, "url": url, "subject": commit.subject, "author": commit.author_name}
