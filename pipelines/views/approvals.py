"""Page: an action of an execution; for approvals, what is asked and the answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages
from pipelines import access
from pipelines.actions import approvals
from pipelines.arns import action_arn
from pipelines.forms import AnswerForm
from pipelines.models import ActionExecution
from pipelines.queries import details, releases, runs
from pipelines.urls_of import action_url, execution_url

ANSWER = "codepipeline:PutApprovalResult"


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request, name: str, number: int, action: str) -> HttpResponse:
    """The action; POST answers an approval."""
    row = access.action_of(request.principal, name, number, action, stage=request.GET.get("stage", ""))
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        iam.require(request.principal, ANSWER, action_arn(name, row.stage.name, action))
        if form.is_valid():
            return _answer(request, row, form)
    return _page(request, row, form)


def _answer(request: Request, row: ActionExecution, form: AnswerForm) -> HttpResponse:
    result = form.cleaned_data["result"]
    approvals.answer(
        action=row,
        token=form.cleaned_data["token"],
        result=result,
        summary=form.cleaned_data["comment"].strip(),
        by=request.principal.arn,
        at=clock.now(),
    )
    word = "Approved" if result == approvals.APPROVED else "Rejected"
    messages.success(request, f"{word}: {row.name} of {row.execution}.")
    return redirect(action_url(row))


def _page(request: Request, row: ActionExecution, form: AnswerForm) -> HttpResponse:
    run = runs.one(row.execution)
    resource = action_arn(row.execution.pipeline.name, row.stage.name, row.name)
    decision = iam.authorize(request.principal, ANSWER, resource)
    deciders = iam.users_allowed(ANSWER, resource) if row.category == "Approval" else []
    declared = next(stage for stage in run.definition.stages if stage.name == row.stage.name)
    context = {
        "pipeline": row.execution.pipeline,
        "execution": row.execution,
        "run": run,
        "action": row,
        "stage": row.stage,
        "form": form,
        "page_url": action_url(row),
        "execution_url": execution_url(row.execution),
        "may_answer": decision.allowed and row.is_waiting,
        "resource": resource,
        **({} if decision.allowed else _refusal(request, decision)),
        "deciders": [person for person in deciders if person != request.user.username],
        "release": releases.release(row.execution, stage=row.stage.name, principal=request.principal),
        "checks": details.checks(run, before=row),
        "follows": details.follows(declared, row),
        "answered_by": details.person(row.updated_by) if row.updated_by else "",
    }
    template = "pipelines/approval.html" if row.category == "Approval" else "pipelines/action.html"
    status = 400 if form.errors else 200
    return pages.render(request, template, context, parts={"state"}, status=status)


def _refusal(request: Request, decision: iam.Decision) -> dict[str, Any]:
    """Why the user cannot decide, whom to ask and what to send them."""
    return {
        "why": iam.why_refused(decision),
        "granters": iam.who_can_help(request.principal, decision),
        "grant_at": pages.where_to_grant(request.principal, decision),
    }
