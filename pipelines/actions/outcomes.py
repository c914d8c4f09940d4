"""Starts actions at their providers, and records what becomes of them."""

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, transaction

from devopsweb.kernel import errors
from devopsweb.kernel.principals import Principal
from pipelines import service_role
from pipelines.actions import mail, news
from pipelines.actions.apply import START_LEASE
from pipelines.engine import definition, variables
from pipelines.models import ActionExecution, PipelineExecution, SourceRevision
from pipelines.providers import registry
from pipelines.providers.registry import Artifact, Context, Outcome, Provider, failed
from pipelines.states import ACTION, ActionState
from pipelines.urls_of import action_url

log = structlog.get_logger(__name__)


def start(action: ActionExecution, *, at: datetime) -> Outcome | None:
    """Begin ``action`` at its provider; None when its outcome is already recorded."""
    provider = registry.provider(action.category, action.provider)
    if provider is None:
        return failed("ConfigurationError", f"The action type {action.category}/{action.provider} is gone.")
    missing = [item["name"] for item in action.input_artifacts if "digest" not in item]
    if missing:
        return failed("ConfigurationError", f"The input artifact {missing[0]} was not made by any action.")
    try:
        context = _context(action, at)
        if provider.is_repeatable:
            return provider.start(context)
        return _start_once(provider, action, context)
    except errors.Denied as error:
        return failed("PermissionError", str(error))
    except errors.Fault as error:
        return failed("SystemUnavailable", str(error))
    except errors.DevOpsWebError as error:
        return failed("ConfigurationError", str(error))
    except DatabaseError:
        raise
    except Exception as error:  # ours or a provider's; the action must end truthfully whatever it was
        log.exception("action start failed", action=action.uuid, provider=action.provider)
        return failed(
            "SystemUnavailable", f"The action could not be started: {type(error).__name__}: {error}"
        )


def _start_once(provider: Provider, action: ActionExecution, context: Context) -> Outcome | None:
    """Claim, start and record in one transaction: a crash leaves all of it or nothing."""
    with transaction.atomic():
        unstarted = ActionExecution.objects.filter(
            pk=action.pk, status=ActionState.IN_PROGRESS, external_id=""
        )
        if not unstarted.update(lease_until=context.at + START_LEASE):
            return None
        outcome = provider.start(context)
        if outcome.status != ActionState.IN_PROGRESS:
            return outcome
        settle(action, outcome, at=context.at)
    return None


def _context(action: ActionExecution, at: datetime) -> Context:
    execution = action.execution
    if any("#{" in value for value in action.configuration.values()):
        action.configuration = variables.resolve(action.configuration, values_of(execution))
    return Context(
        pipeline=execution.pipeline.name,
        execution_id=execution.uuid,
        number=execution.number,
        stage=action.stage.name,
        action=action.name,
        action_execution_id=action.uuid,
        configuration=action.configuration,
        inputs=tuple(Artifact(**item) for item in action.input_artifacts),
        outputs=tuple(item["name"] for item in action.output_artifacts),
        url=action_url(action),
        override=execution.overrides.get(action.name, "") if action.category == "Source" else "",
        principal=acting_as(action, at=at),
        at=at,
    )


def acting_as(action: ActionExecution, *, at: datetime) -> Principal:
    """The session of its own role, or of the pipeline's, under which ``action`` acts.

    Raises ``iam.api.AccessDenied``.
    """
    execution = action.execution
    declared = definition.load(execution.version.document)
    own = declared.action(action.stage.index, action.name)
    return service_role.session(
        execution.pipeline.name,
        declared.role_arn,
        execution.uuid,
        action_role=own.role_arn if own else "",
        at=at,
    )


def values_of(execution: PipelineExecution) -> dict[str, dict[str, str]]:
    """The variables of an execution that may be referenced, by namespace."""
    values = {variables.RESERVED: {"PipelineExecutionId": execution.uuid}, variables.OWN: execution.variables}
    spaces = {
        (index, action.name): action.namespace
        for index, stage in enumerate(definition.load(execution.version.document).stages)
        for action in stage.actions
        if action.namespace
    }
    done = ActionExecution.objects.filter(execution=execution, current=True, status=ActionState.SUCCEEDED)
    for index, name, made in done.values_list("stage__index", "name", "output_variables"):
        if (index, name) in spaces:
            values[spaces[index, name]] = made
    return values


def settle(action: ActionExecution, outcome: Outcome, *, at: datetime, by: str = "") -> bool:
    """Record ``outcome``; True when it ended the action (a late outcome changes nothing)."""
    if outcome.status == ActionState.IN_PROGRESS:
        _going_on(action, outcome, at)
        return False
    artifacts = [_stored(artifact, action.input_artifacts) for artifact in outcome.artifacts]
    fields: dict[str, Any] = {
        **_facts(action, outcome, at, by),
        # An approval's summary is the approver's comment from now on, also when there is none.
        **({"summary": outcome.summary[:2048]} if action.category == "Approval" else {}),
        "error_code": outcome.error_code,
        "error_message": outcome.error_message,
        "output_artifacts": artifacts or action.output_artifacts,
        "output_variables": dict(outcome.variables),
        "finished_at": at,
        "due_at": None,
        "check_at": None,
    }
    if not ACTION.move(action, ActionState(outcome.status), **fields):
        return False
    if outcome.revision:
        _add_revision(action, outcome.revision)
    news.of_action(action, at=at, by=by)
    return True


def _going_on(action: ActionExecution, outcome: Outcome, at: datetime) -> None:
    provider = registry.provider(action.category, action.provider)
    every = provider.check_every if provider else None
    fields = {
        **_facts(action, outcome, at, ""),
        "token": outcome.token or action.token,
        "check_at": at + every if every else None,
    }
    running = ActionExecution.objects.filter(pk=action.pk, status=ActionState.IN_PROGRESS)
    if running.update(**fields):
        for name, value in fields.items():
            setattr(action, name, value)
        if outcome.token:
            mail.ask_approvers(action)


def _facts(action: ActionExecution, outcome: Outcome, at: datetime, by: str) -> dict[str, Any]:
    return {
        "configuration": action.configuration,
        "external_id": outcome.external_id or action.external_id,
        "external_url": outcome.url or action.external_url,
        "summary": outcome.summary[:2048] or action.summary,
        "updated_by": by or action.updated_by,
        "updated_at": at,
        "lease_until": None,
    }


def _stored(artifact: Artifact, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """The artifact as it is kept; what an action makes stems from the revision of its input."""
    stem: dict[str, Any] = next((item for item in inputs if item.get("revision")), {})
    given = {
        "size": artifact.size,
        "revision": artifact.revision or stem.get("revision"),
        "repository": artifact.repository or stem.get("repository"),
    }
    return {"name": artifact.name, "digest": artifact.digest, **{k: v for k, v in given.items() if v}}


def _add_revision(action: ActionExecution, revision: Any) -> None:
    execution = PipelineExecution.objects.only("revisions").get(pk=action.execution_id)
    others = [item for item in execution.revisions if item.get("actionName") != action.name]
    revisions = sorted([*others, {"actionName": action.name, **revision}], key=lambda r: r["actionName"])
    PipelineExecution.objects.filter(pk=execution.pk).update(revisions=revisions)
    action.execution.revisions = revisions
    if revision.get("repository"):
        SourceRevision.objects.get_or_create(
            execution=execution, repository=revision["repository"], sha=revision["revisionId"]
        )
