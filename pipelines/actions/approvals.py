"""The verb of approvals: answer one."""

from datetime import datetime

from django.db import transaction

from devopsweb.kernel.errors import Conflict, Invalid
from pipelines.actions import advance
from pipelines.models import ActionExecution
from pipelines.providers.registry import Outcome, failed
from pipelines.states import ActionState

APPROVED, REJECTED = "Approved", "Rejected"


class InvalidApprovalToken(Invalid):
    """The token is not that of a waiting approval."""

    code = "InvalidApprovalTokenException"


class ApprovalAlreadyCompleted(Conflict):
    """Somebody else answered first."""

    code = "ApprovalAlreadyCompletedException"


def answer(*, action: ActionExecution, token: str, result: str, summary: str, by: str, at: datetime) -> None:
    """Approve or reject; ``summary`` is the approver's comment.

    Raises ``InvalidApprovalToken``, ``ApprovalAlreadyCompleted``.
    """
    if result not in (APPROVED, REJECTED):
        raise Invalid(f"The result must be Approved or Rejected, not {result!r}.")
    if len(summary) > 512:
        raise Invalid("The comment may have 512 characters.")
    if action.category != "Approval" or not token or token != action.token:
        raise InvalidApprovalToken(
            "The approval token is not valid: the approval was asked again or is over."
        )
    if action.status != ActionState.IN_PROGRESS or (action.due_at is not None and action.due_at <= at):
        raise _completed(action)
    with transaction.atomic():
        if result == APPROVED:
            outcome = Outcome("Succeeded", summary=summary)
        else:
            outcome = failed("ApprovalRejected", summary or "Rejected without a comment.", summary=summary)
        if not advance.report(action, outcome, at=at, by=by):
            raise _completed(action)


def _completed(action: ActionExecution) -> ApprovalAlreadyCompleted:
    return ApprovalAlreadyCompleted(f"The approval {action.name} of {action.execution} is already answered.")
