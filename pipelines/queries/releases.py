"""What an execution would bring: from which commit to which, and what lies between."""

from dataclasses import dataclass, field
from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.kernel.principals import Principal
from pipelines.models import PipelineExecution, StageExecution
from pipelines.states import StageState
from repos.git import api as repositories

MOST_COMMITS = 20


@dataclass(frozen=True)
class Live:
    """The execution that last went through the stage: what it holds now."""

    number: int
    revision: str
    since: datetime


@dataclass(frozen=True)
class Release:
    """The change; ``hidden`` says why commits are not shown, if so."""

    repository: str = ""
    branch: str = ""
    head: str = ""
    subject: str = ""
    live: Live | None = None
    commits: list[repositories.CommitInfo] = field(default_factory=list)
    stat: repositories.DiffStat | None = None
    hidden: str = ""
    more: bool = False
    between: list[PipelineExecution] = field(default_factory=list)


def release(execution: PipelineExecution, *, stage: str, principal: Principal) -> Release:
    """What ``execution`` changes in ``stage`` (the last stage: what is live)."""
    revision = execution.revision
    repository, head = revision.get("repository", ""), revision.get("revisionId", "")
    live = _live(execution, stage, repository)
    plain = Release(repository, revision.get("branch", ""), head, revision.get("revisionSummary", ""), live)
    if not repository or not head:
        return plain
    may_read = iam.is_allowed(principal, "codecommit:GetCommit", arn("codecommit", repository))
    if not may_read:
        return _with(plain, hidden=f"You have no codecommit:GetCommit on {repository}.")
    try:
        base = live.revision if live else None
        found = repositories.commits_between(
            repository=repository, base=base, head=head, limit=MOST_COMMITS + 1
        )
        stat = repositories.diffstat(repository=repository, base=base, head=head) if base else None
    except DevOpsWebError as error:
        return _with(plain, hidden=str(error))
    return Release(
        repository=repository,
        branch=plain.branch,
        head=head,
        subject=plain.subject,
        live=live,
        commits=found[:MOST_COMMITS],
        stat=stat,
        more=len(found) > MOST_COMMITS,
        between=_between(execution, live),
    )


def _with(release: Release, *, hidden: str) -> Release:
    return Release(
        release.repository, release.branch, release.head, release.subject, release.live, hidden=hidden
    )


def _live(execution: PipelineExecution, stage: str, repository: str) -> Live | None:
    done = StageExecution.objects.select_related("execution").filter(
        execution__pipeline=execution.pipeline_id,
        execution__number__lt=execution.number,
        name=stage,
        status=StageState.SUCCEEDED,
    )
    for row in done.order_by("-execution__number")[:5]:
        for revision in row.execution.revisions:
            if revision.get("repository") == repository and row.finished_at:
                return Live(row.execution.number, revision["revisionId"], row.finished_at)
    return None


def _between(execution: PipelineExecution, live: Live | None) -> list[PipelineExecution]:
    if live is None:
        return []
    passed = PipelineExecution.objects.filter(
        pipeline=execution.pipeline_id, number__gt=live.number, number__lt=execution.number
    )
    return list(passed.order_by("-number")[:5])
