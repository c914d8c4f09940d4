"""Fake action types, short definitions, and a driver of one pipeline."""

from datetime import UTC, datetime, timedelta

from pipelines.actions import advance
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers import registry
from pipelines.providers.registry import Artifact, Outcome, Provider

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/service-role/DevOpsWebPipelineRole"


class FakeSource(Provider):
    """A source whose revisions count up."""

    type = ActionType("Source", "Custom", "Fake")
    spec = ActionSpec(inputs=(0, 0), outputs=(1, 1), optional=("Fail",))
    is_repeatable = True

    def start(self, context):
        sha = f"{context.number:040x}"
        return Outcome(
            "Succeeded",
            external_id=sha,
            artifacts=(Artifact(context.outputs[0], "ab" * 32, 10, sha, "web"),),
            variables={"CommitId": sha},
            revision={
                "revisionId": sha,
                "revisionSummary": f"Change {context.number}",
                "repository": "web",
                "branch": "main",
                "author": "dev-checkout",
            },
        )


class FakeWork(Provider):
    """Runs until the test says how it ended; ``Do`` = now ends it at once, fail ends it badly."""

    spec = ActionSpec(inputs=(0, 5), outputs=(0, 5), optional=("Do", "Note"))
    check_every = timedelta(seconds=15)
    states: dict[str, Outcome]

    def __init__(self, category, states):
        self.type = ActionType(category, "Custom", "Fake")
        self.states = states
        self.started = []
        self.stopped = []

    def start(self, context):
        self.started.append(context)
        external = f"{context.stage}/{context.action}/{context.number}/{len(self.started)}"
        do = context.configuration.get("Do")
        made = tuple(Artifact(name, "cd" * 32, 5) for name in context.outputs)
        if do == "now":
            return Outcome("Succeeded", external_id=external, artifacts=made, variables={"TAG": "v1"})
        if do == "fail":
            return registry.failed("JobFailed", "2 of 318 tests failed", external_id=external)
        return Outcome("InProgress", external_id=external)

    def observe(self, external_id, outputs):
        return self.states.get(external_id)

    def stop(self, external_id, *, principal, reason, at):
        self.stopped.append(external_id)


def action(name, category="Build", provider="Fake", order=1, **more):
    owner = "Custom" if provider == "Fake" else "AWS"
    kind = {"category": category, "owner": owner, "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "runOrder": order, **more}


def stage(name, *actions):
    return {"name": name, "actions": list(actions)}


def declare(*stages, name="web", **more):
    source = stage("Source", action("source", "Source", outputArtifacts=[{"name": "Src"}], namespace="Src1"))
    return {
        "name": name,
        "roleArn": ROLE,
        "artifactStore": {"type": "S3", "location": "devopsweb-artifacts"},
        "stages": [source, *stages],
        **more,
    }


def standard():
    """Source → Build (unit, lint) → approval, then deploy."""
    return declare(
        stage("Build", action("compile"), action("lint")),
        stage(
            "Production",
            action("approve", "Approval", "Manual", configuration={"CustomData": "Look twice"}),
            action("deploy", "Deploy", order=2, inputArtifacts=[{"name": "Src"}]),
        ),
    )


class Driver:
    """Drives one pipeline by hand."""

    def __init__(self, pipeline: Pipeline):
        self.pipeline = pipeline

    def advance(self, at=NOON):
        advance.advance(pipeline_id=self.pipeline.pk, now=lambda: at)

    def run(self, number):
        return self.pipeline.executions.get(number=number)

    def action(self, name, number=1) -> ActionExecution:
        rows = ActionExecution.objects.select_related("stage", "execution__pipeline", "execution__version")
        return rows.get(execution__pipeline=self.pipeline, execution__number=number, name=name, current=True)

    def end(self, name, status="Succeeded", number=1, at=NOON, **more):
        advance.report(self.action(name, number), Outcome(status, **more), at=at)
        self.advance(at)

    def states(self, number=1):
        return {s.name: s.status for s in self.run(number).stages.order_by("index")}
