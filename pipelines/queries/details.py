"""The facts of one execution: artifacts, variables, what happened, what went wrong."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.arns import stage_arn
from pipelines.engine import retry
from pipelines.engine import variables as engine
from pipelines.engine.types import Action, Stage
from pipelines.models import ActionExecution, StageExecution
from pipelines.queries import cells
from pipelines.queries.cells import MayApprove
from pipelines.queries.runs import Run
from pipelines.states import ActionState, ExecutionState, StageState


@dataclass
class Made:
    """An artifact, who made it, who takes it."""

    name: str
    digest: str
    size: int
    source: str
    used_by: list[str] = field(default_factory=list)


def artifacts(run: Run) -> list[Made]:
    """The artifacts of the execution, in the order of the pipeline."""
    found: dict[str, Made] = {}
    for stage in run.definition.stages:
        for action in stage.actions:
            row = run.actions_of(stage.name).get(action.name)
            for item in row.output_artifacts if row else ():
                if "digest" in item:
                    found[item["name"]] = Made(item["name"], item["digest"], item.get("size", 0), action.name)
            for name in action.inputs:
                if name in found:
                    found[name].used_by.append(action.name)
    return list(found.values())


@dataclass(frozen=True)
class Variable:
    """A variable and its value."""

    namespace: str
    key: str
    value: str


def variables(run: Run) -> list[Variable]:
    """The variables that have a value now."""
    found = [Variable(engine.RESERVED, "PipelineExecutionId", run.execution.uuid)]
    found += [Variable(engine.OWN, key, value) for key, value in run.execution.variables.items()]
    for stage in run.definition.stages:
        for action in stage.actions:
            row = run.actions_of(stage.name).get(action.name)
            for key, value in (row.output_variables if row else {}).items():
                found.append(Variable(action.namespace or action.name, key, value))
    return found


@dataclass(frozen=True)
class Deed:
    """Something that happened: who did it, and what."""

    at: datetime
    who: str
    text: str
    note: str = ""


def person(arn: str) -> str:
    """The name at the end of an ARN; ``pipeline`` when nobody is named."""
    return arn.rsplit("/", 1)[-1] if "/" in arn else (arn or "pipeline")


def trigger(run_type: str, *, by: str) -> str:
    """How the execution came about."""
    words = {
        "CreatePipeline": "created the pipeline",
        "StartPipelineExecution": "released the change",
        "CloudWatchEvent": "pushed",
    }
    return words.get(run_type, "started it") if by else "started it"


def activity(run: Run) -> list[Deed]:
    """What happened, newest first."""
    execution = run.execution
    started = trigger(execution.trigger_type, by=execution.started_by)
    deeds = [Deed(execution.started_at, person(execution.started_by), started)]
    for stage in run.definition.stages:
        for row in run.actions_of(stage.name).values():
            deeds += _of_action(row, stage.name)
    if execution.stop_by:
        deeds.append(
            Deed(execution.updated_at, person(execution.stop_by), "stopped it", execution.stop_reason)
        )
    newer = execution.superseded_by
    if execution.finished_at and newer:
        deeds.append(Deed(execution.finished_at, "pipeline", f"superseded it by #{newer.number}"))
    elif execution.finished_at:
        deeds.append(Deed(execution.finished_at, "pipeline", f"ended it: {execution.status}"))
    return sorted(deeds, key=lambda deed: deed.at, reverse=True)


def _of_action(row: ActionExecution, stage: str) -> list[Deed]:
    deeds = []
    if row.attempt > 1:
        deeds.append(Deed(row.started_at, "pipeline", f"ran {row.name} again, attempt {row.attempt}"))
    if row.category == "Approval":
        deeds.append(Deed(row.started_at, "pipeline", f"asked for {row.name} before {stage} goes on"))
        if row.finished_at and row.updated_by:
            word = "approved" if row.status == ActionState.SUCCEEDED else "rejected"
            deeds.append(Deed(row.finished_at, person(row.updated_by), f"{word} {row.name}", row.summary))
    elif row.status == ActionState.FAILED and row.finished_at:
        deeds.append(Deed(row.finished_at, "pipeline", f"saw {row.name} fail in {stage}", row.error_message))
    return deeds


@dataclass(frozen=True)
class Trouble:
    """A failed action: where, why, and where to read more."""

    stage: str
    row: ActionExecution


def problems(run: Run) -> list[Trouble]:
    """The failed actions, in order."""
    return [
        Trouble(stage.name, row)
        for stage in run.definition.stages
        for row in run.actions_of(stage.name).values()
        if row.status == ActionState.FAILED
    ]


@dataclass(frozen=True)
class Retry:
    """The stage that can be retried, and how."""

    stage: str
    failed: bool
    all: bool


def retryable(run: Run, principal: Principal) -> Retry | None:
    """What a retry could take up now, for somebody who may."""
    execution = run.execution
    if execution.status not in (ExecutionState.FAILED, ExecutionState.STOPPED):
        return None
    if execution.version.number != execution.pipeline.version or execution.cancel_requested:
        return None
    for stage in run.definition.stages:
        row = run.stages.get(stage.name)
        if row is None or row.status not in (StageState.FAILED, StageState.STOPPED):
            continue
        newer = StageExecution.objects.filter(
            execution__pipeline=execution.pipeline_id, execution__number__gt=execution.number, name=stage.name
        )
        allowed = iam.is_allowed(
            principal, "codepipeline:RetryStageExecution", stage_arn(execution.pipeline.name, stage.name)
        )
        if not allowed or newer.exists():
            return None
        states = {a.name: ActionState(a.status) for a in run.actions_of(stage.name).values()}
        return Retry(
            stage.name,
            not retry.refusal(stage, states, retry.FAILED_ACTIONS),
            not retry.refusal(stage, states, retry.ALL_ACTIONS),
        )
    return None


def sentence(run: Run, *, held: Collection[str], me: MayApprove) -> str:
    """Where the execution is, in a few words."""
    return cells.sentence(run, held=held, me=me)


def checks(run: Run, *, before: ActionExecution) -> list[ActionExecution]:
    """The actions that ran before an approval, but sources."""
    return [
        row
        for stage in run.definition.stages[: before.stage.index + 1]
        for row in run.actions_of(stage.name).values()
        if row.category != "Source"
        and row.pk != before.pk
        and (stage.name != before.stage.name or row.run_order < before.run_order)
    ]


def follows(stage: Stage, action: ActionExecution) -> list[str]:
    """What the stage does once the action has succeeded, in words."""
    words = []
    for group in stage.groups():
        if group[0].run_order > action.run_order:
            words.append(" and ".join(_deed(declared) for declared in group))
    return words


def _deed(action: Action) -> str:
    settings = action.configuration
    if action.type.provider == "CodeDeploy":
        return f"{settings['ApplicationName']} is deployed to {settings['DeploymentGroupName']}"
    if action.type.provider == "CodeBuild":
        return f"{settings['ProjectName']} builds"
    return f"{action.name} runs"
