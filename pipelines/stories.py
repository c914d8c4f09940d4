"""What a record of the audit trail does not say itself: what the approver had before them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from monitoring.trail.api import Fact, Story
from pipelines.arns import pipeline_arn
from pipelines.models import ActionExecution
from pipelines.queries import details, releases, runs
from pipelines.urls_of import action_url, execution_url

# A record carries the time of the call to the second, the action that of the answer.
NEAR = timedelta(seconds=10)
_ARN_PARTS = 3
TITLE = "What they could see"
SEES = "codepipeline:GetPipelineExecution"


def of_approval(principal: Principal, record: Mapping[str, Any]) -> Story | None:
    """The approval that a ``PutApprovalResult`` answered: its execution, revisions and checks."""
    action = _answered(record)
    if action is None:
        return None
    execution = action.execution
    resource = pipeline_arn(execution.pipeline.name)
    if not iam.is_allowed(principal, SEES, resource):
        return Story(TITLE, (Fact("Hidden", f"To see it you need {SEES} on {resource}."),))
    return Story(
        TITLE,
        tuple(_facts(principal, action, refused=bool(record.get("errorCode")))),
        href=action_url(action),
        link="Approval page",
    )


def _facts(principal: Principal, action: ActionExecution, *, refused: bool) -> Iterator[Fact]:
    execution = action.execution
    yield Fact(
        "Execution",
        str(execution),
        execution_url(execution),
        f"started {execution.started_at:%Y-%m-%d %H:%M} UTC",
    )
    yield from _answers(action, refused=refused)
    for revision in execution.revisions:
        yield _revision(revision)
    release = releases.release(execution, stage=action.stage.name, principal=principal)
    if release.live:
        yield Fact(f"{action.stage.name} had", release.live.revision[:7], note=f"#{release.live.number}")
    for commit in release.commits:
        href = reverse("commit", kwargs={"repository": release.repository, "sha": commit.sha})
        yield Fact("Brings", commit.sha[:7], href, commit.subject)
    if release.hidden:
        yield Fact("Brings", release.hidden)
    for check in details.checks(runs.one(execution), before=action):
        yield Fact("Check", f"{check.name}: {check.status}", action_url(check))
    if note := action.configuration.get("CustomData"):
        yield Fact("Note", note)


def _answers(action: ActionExecution, *, refused: bool) -> Iterator[Fact]:
    """The answer; of a call that was refused, that it was none, and what became of the approval."""
    word = {"Succeeded": "Approved", "Failed": "Rejected"}.get(action.status, "")
    if refused:
        yield Fact("Answer", "None: this call was refused")
    if not word:
        yield Fact("Now", "Waiting" if action.status == "InProgress" else action.status)
        return
    by = f" by {action.updated_by.rsplit('/', 1)[-1]}" if refused and action.updated_by else ""
    note = f"“{action.summary}”" if action.summary else "without a comment"
    yield Fact("Decided" if refused else "Answer", word + by, note=note)


def _revision(revision: Mapping[str, str]) -> Fact:
    sha, repository = revision.get("revisionId", ""), revision.get("repository", "")
    where = f"{repository} {revision.get('branch', '')}".strip()
    href = reverse("commit", kwargs={"repository": repository, "sha": sha}) if repository and sha else ""
    return Fact("Revision", f"{where} {sha[:7]}".strip(), href, revision.get("revisionSummary", ""))


def _answered(record: Mapping[str, Any]) -> ActionExecution | None:
    """The row that the record is about; a page names the execution, the API only a token that is not kept."""
    found = next((one["ARN"] for one in record.get("resources", ()) if one["ARN"].count("/") == 2), "")
    names = found.rsplit(":", 1)[-1].split("/")
    if len(names) != _ARN_PARTS:
        return None
    pipeline, stage, action = names
    rows = ActionExecution.objects.select_related(
        "execution__pipeline", "execution__version", "stage"
    ).filter(execution__pipeline__name=pipeline, stage__name=stage, name=action, category="Approval")
    given = (record.get("requestParameters") or {}).get("number", "")
    if str(given).isdigit():
        return rows.filter(execution__number=int(given)).order_by("-pk").first()
    at = datetime.fromisoformat(record["eventTime"])
    near = rows.filter(finished_at__gte=at - NEAR, finished_at__lte=at + NEAR)
    by = (record.get("userIdentity") or {}).get("arn", "")
    return near.filter(updated_by=by).order_by("-pk").first()
