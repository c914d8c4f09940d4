"""Verbs of definitions: create, update, delete a pipeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.kernel.errors import Conflict, Invalid
from pipelines.actions import advance, executions, news, turns
from pipelines.engine import definition
from pipelines.engine.types import Definition
from pipelines.event_types import PipelineDefinitionChanged
from pipelines.models import Pipeline, PipelineExecution, PipelineSource, PipelineVersion, StageTransition
from pipelines.providers import registry
from pipelines.states import RUNNING


class PipelineNameInUse(Conflict):
    """A pipeline of this name exists."""

    code = "PipelineNameInUseException"


def parse(document: Any) -> tuple[Definition, dict[str, Any]]:
    """The definition and the declaration itself. Raises ``InvalidDefinition``."""
    declared = definition.unwrap(document)
    parsed = definition.parse(declared, registry.catalog(), settings.DEVOPSWEB_REGION)
    return parsed, declared


def create(*, document: Any, by: str, at: datetime, tags: Mapping[str, str] | None = None) -> Pipeline:
    """Create a pipeline and start its first execution.

    Raises ``InvalidDefinition``, ``PipelineNameInUse``.
    """
    parsed, declared = parse(document)
    with transaction.atomic():
        pipeline = _claim(parsed.name, tags or {}, at)
        _store(pipeline, parsed, declared, by=by, at=at)
        _publish(pipeline, "created", by=by, at=at)
        executions.start(pipeline=pipeline, trigger_type="CreatePipeline", started_by=by, at=at)
    return pipeline


def _claim(name: str, tags: Mapping[str, str], at: datetime) -> Pipeline:
    try:
        with transaction.atomic():
            return Pipeline.objects.create(name=name, tags=dict(tags), created_at=at, updated_at=at)
    except IntegrityError:
        raise PipelineNameInUse(
            f"A pipeline with the name '{name}' already exists in account '{settings.DEVOPSWEB_ACCOUNT_ID}'"
        ) from None


def update(*, pipeline: Pipeline, document: Any, by: str, at: datetime) -> Pipeline:
    """Store a new version; running executions finish their actions and are then cancelled.

    Raises ``InvalidDefinition``, ``Invalid`` when the name differs.
    """
    parsed, declared = parse(document)
    if parsed.name != pipeline.name:
        raise Invalid(
            f"pipeline.name: the name of a pipeline cannot change ('{pipeline.name}', not '{parsed.name}')."
        )
    with transaction.atomic():
        turns.take(pipeline.pk, due=at)
        pipeline.refresh_from_db()
        pipeline.version += 1
        pipeline.updated_at = at
        pipeline.save(update_fields=["version", "updated_at"])
        PipelineExecution.objects.filter(pipeline=pipeline, status__in=RUNNING).update(cancel_requested=True)
        _store(pipeline, parsed, declared, by=by, at=at)
        names = [stage.name for stage in parsed.stages]
        StageTransition.objects.filter(pipeline=pipeline).exclude(stage__in=names).delete()
        _publish(pipeline, "updated", by=by, at=at)
        advance.soon(pipeline.pk)
    return pipeline


def delete(*, pipeline: Pipeline, by: str, at: datetime) -> None:
    """Delete the pipeline with its versions and executions; what its providers do goes on."""
    with transaction.atomic():
        turns.take(pipeline.pk, due=None)
        _publish(pipeline, "deleted", by=by, at=at)
        pipeline.delete()


def _store(
    pipeline: Pipeline, parsed: Definition, declared: dict[str, Any], *, by: str, at: datetime
) -> None:
    PipelineVersion.objects.create(
        pipeline=pipeline,
        number=pipeline.version,
        document=definition.echo(declared, pipeline.version),
        created_at=at,
        created_by=by,
    )
    PipelineSource.objects.filter(pipeline=pipeline).delete()
    branches = {
        (action.configuration["RepositoryName"], action.configuration["BranchName"])
        for action in parsed.stages[0].actions
        if action.type.provider == "CodeCommit"
    }
    PipelineSource.objects.bulk_create(
        PipelineSource(pipeline=pipeline, repository=repository, branch=branch)
        for repository, branch in sorted(branches)
    )


def _publish(pipeline: Pipeline, change: str, *, by: str, at: datetime) -> None:
    event = PipelineDefinitionChanged(pipeline=pipeline.name, version=pipeline.version, change=change)
    events.publish(event, at=at, principal_arn=by)
    news.topics(pipeline.name)
