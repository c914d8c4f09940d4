"""A pipeline stage by stage, as GetPipelineState shows it, in a constant number of queries."""

from dataclasses import dataclass

from django.db.models import Max

from pipelines.engine import definition
from pipelines.engine.types import Action, Stage
from pipelines.models import ActionExecution, Pipeline, PipelineExecution, StageExecution, StageTransition
from pipelines.queries import runs
from pipelines.states import RUNNING

LOOK_BACK = 1000


@dataclass(frozen=True)
class ActionStatus:
    """A declared action and its last attempt, of whichever execution."""

    declared: Action
    row: ActionExecution | None

    @property
    def revision(self) -> dict[str, str]:
        """What a source took that time."""
        taken = self.row.execution.revisions if self.row else []
        return next((one for one in taken if one.get("actionName") == self.declared.name), {})


@dataclass(frozen=True)
class StageStatus:
    """A declared stage: the execution last seen in it, the one that waits in front, the switch."""

    declared: Stage
    row: StageExecution | None
    inbound: PipelineExecution | None
    transition: StageTransition | None
    actions: tuple[ActionStatus, ...]


def of(pipeline: Pipeline) -> list[StageStatus]:
    """The stages of the current version."""
    declared = definition.load(pipeline.versions.get(number=pipeline.version).document)
    stages, attempts, waiting = _stages(pipeline), _attempts(pipeline), _waiting(pipeline)
    switches = {row.stage: row for row in StageTransition.objects.filter(pipeline=pipeline)}
    return [
        StageStatus(
            stage,
            stages.get(stage.name),
            waiting.get(stage.name),
            switches.get(stage.name),
            tuple(ActionStatus(one, attempts.get((stage.name, one.name))) for one in stage.actions),
        )
        for stage in declared.stages
    ]


def _stages(pipeline: Pipeline) -> dict[str, StageExecution]:
    entered = StageExecution.objects.filter(
        execution__pipeline=pipeline, execution__number__gt=pipeline.last_number - LOOK_BACK
    )
    # A later execution enters a stage later: the highest id is the one last seen in it.
    newest = entered.values("name").annotate(newest=Max("pk")).values_list("newest", flat=True).order_by()
    rows = StageExecution.objects.filter(pk__in=list(newest)).select_related("execution")
    return {row.name: row for row in rows}


def _attempts(pipeline: Pipeline) -> dict[tuple[str, str], ActionExecution]:
    made = ActionExecution.objects.filter(
        execution__pipeline=pipeline, execution__number__gt=pipeline.last_number - LOOK_BACK
    )
    newest = made.values("stage__name", "name").annotate(newest=Max("pk")).order_by()
    ids = [row["newest"] for row in newest]
    rows = ActionExecution.objects.filter(pk__in=ids).select_related("stage", "execution")
    return {(row.stage.name, row.name): row for row in rows}


def _waiting(pipeline: Pipeline) -> dict[str, PipelineExecution]:
    """The newest execution in front of each stage."""
    under_way = PipelineExecution.objects.filter(pipeline=pipeline, status__in=RUNNING).order_by("number")
    return {run.next_stage: run.execution for run in runs.load(under_way) if run.next_stage}
