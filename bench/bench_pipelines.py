"""Orchestration overhead per action: a pipeline of 20 stages whose actions do nothing.

Runs the engine as a worker does, on a whole installation (its database, events, live topics),
with two action types that exist only here.
"""

import json
import time
from typing import Any

from bench.figures import Figure, middle
from bench.house import House

STAGES = 20
RUNS = 7
LIMIT_MS = 50


def main() -> list[Figure]:
    """The overhead per action in milliseconds."""
    with House() as house:
        text = house.shell(
            "import json\nfrom bench import bench_pipelines as b\nresult = json.dumps(b.run())"
        )
    what = f"orchestration per action, {STAGES}-stage no-op pipeline"
    return [middle(what, json.loads(text), "ms", aim=f"< {LIMIT_MS} ms")]


def run() -> list[float]:
    """Milliseconds per action of each execution; needs Django."""
    from devopsweb.iam import api as iam
    from devopsweb.kernel import clock, jobs
    from pipelines.actions import advance, definitions, executions
    from pipelines.providers import registry

    for provider in _providers():
        registry.register(provider)
    # The installation's own worker does not know these action types.
    jobs.use_transport(jobs.RecordingTransport())
    iam.pass_role(
        iam.service_principal("bench"), iam.default_service_role("codepipeline"), "codepipeline.amazonaws.com"
    )
    pipeline = definitions.create(document=_document(), by="bench", at=clock.now())
    advance.advance(pipeline_id=pipeline.pk, now=clock.now)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        executions.start(pipeline=pipeline, trigger_type="StartPipelineExecution", at=clock.now())
        advance.advance(pipeline_id=pipeline.pk, now=clock.now)
        times.append((time.perf_counter() - began) * 1000 / STAGES)
    left = pipeline.executions.exclude(status="Succeeded").count()
    if left:
        raise RuntimeError(f"{left} executions did not succeed")
    return times


def _providers() -> list[Any]:
    from pipelines.engine.types import ActionSpec, ActionType
    from pipelines.providers.registry import Artifact, Outcome, Provider

    class Nothing(Provider):
        is_repeatable = True

        def __init__(self, category: str, outputs: int) -> None:
            self.type = ActionType(category, "Custom", "Nothing")
            self.spec = ActionSpec((0, 1), (outputs, outputs))

        def start(self, context):
            made = tuple(Artifact(name, "00" * 32) for name in context.outputs)
            return Outcome("Succeeded", external_id=context.action_execution_id, artifacts=made)

    return [Nothing("Source", 1), Nothing("Build", 0)]


def _document() -> dict[str, Any]:
    from devopsweb.iam import api as iam

    def action(category: str, **more: Any) -> dict[str, Any]:
        kind = {"category": category, "owner": "Custom", "provider": "Nothing", "version": "1"}
        return {"name": "nothing", "actionTypeId": kind, **more}

    source = action("Source", outputArtifacts=[{"name": "Source"}])
    works = [action("Build", inputArtifacts=[{"name": "Source"}]) for _ in range(STAGES - 1)]
    return {
        "name": "bench",
        "roleArn": iam.default_service_role("codepipeline"),
        "artifactStore": {"type": "S3", "location": "bench"},
        "stages": [{"name": f"stage-{n}", "actions": [one]} for n, one in enumerate([source, *works])],
    }
