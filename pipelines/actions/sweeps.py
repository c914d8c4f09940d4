"""The safety net: what is due, whose start was lost, whose news never came."""

from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet

from devopsweb.kernel.errors import Denied
from pipelines.actions import advance, outcomes
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers import registry
from pipelines.providers.registry import Outcome, Provider, failed
from pipelines.states import ActionState

log = structlog.get_logger(__name__)

LIMIT = 200
JOB_PATIENCE = timedelta(seconds=2)


def sweep(*, at: datetime) -> None:
    """One pass; every part of it is safe to repeat."""
    restart_lost(at=at)
    end_overdue(at=at)
    ask_providers(at=at)
    advance_due(at=at)


def _running() -> QuerySet[ActionExecution]:
    return ActionExecution.objects.filter(status=ActionState.IN_PROGRESS).select_related(
        "stage", "execution__pipeline", "execution__version"
    )


def restart_lost(*, at: datetime) -> None:
    """Start again what was begun and never reported: its worker died in between."""
    for action in _running().filter(lease_until__lt=at)[:LIMIT]:
        claimed = ActionExecution.objects.filter(pk=action.pk, lease_until=action.lease_until).update(
            lease_until=at + timedelta(seconds=60)
        )
        if claimed:
            log.warning("action start was lost, starting again", action=action.uuid)
            outcome = outcomes.start(action, at=at)
            if outcome is not None:
                advance.report(action, outcome, at=at)


def end_overdue(*, at: datetime) -> None:
    """Fail actions whose time is over; an approval nobody answered has expired."""
    for action in _running().filter(due_at__lt=at)[:LIMIT]:
        provider = registry.provider(action.category, action.provider)
        if advance.report(action, _overdue(action), at=at) and provider and action.external_id:
            _stop(action, provider, at)


def _stop(action: ActionExecution, provider: Provider, at: datetime) -> None:
    """End what the provider still does for an action that is over, if the pipeline's role may."""
    try:
        principal = outcomes.acting_as(action, at=at)
        provider.stop(action.external_id, principal=principal, reason="The pipeline action timed out.", at=at)
    except Denied as error:
        log.warning("the work of a timed-out action goes on", action=action.uuid, reason=str(error))


def _overdue(action: ActionExecution) -> Outcome:
    if action.category == "Approval":
        return failed("ApprovalExpired", "Nobody answered the approval before it expired.")
    return failed("Timeout", "The action took longer than its time-out and was ended.")


def ask_providers(*, at: datetime) -> None:
    """Ask for the state of long work, in case its event was lost."""
    for action in _running().filter(check_at__lt=at)[:LIMIT]:
        provider = registry.provider(action.category, action.provider)
        seen = provider.observe(action.external_id, action.output_names) if provider else None
        advance.report(action, seen or Outcome("InProgress"), at=at)


def advance_due(*, at: datetime) -> None:
    """Advance pipelines that have news and whose job was lost."""
    due = Pipeline.objects.filter(due_at__lt=at - JOB_PATIENCE).values_list("pk", flat=True)
    for pipeline_id in due[:LIMIT]:
        advance.soon(pipeline_id)
