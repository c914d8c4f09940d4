"""News from below: a branch moved, a build or a deployment ended."""

from deployments.event_types import DeploymentStateChanged
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from pipelines.actions import advance, executions
from pipelines.builds.event_types import BuildStateChanged
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers import registry
from pipelines.states import ActionState
from repos.git.event_types import ReferenceUpdated


def start_pipelines(event: ReferenceUpdated) -> None:
    """A push to a source branch starts its pipelines."""
    if event.reference_type != "branch" or event.event == "referenceDeleted":
        return
    watching = Pipeline.objects.filter(
        sources__repository=event.repository, sources__branch=event.reference_name
    )
    for pipeline in watching.distinct():
        executions.start(
            pipeline=pipeline,
            trigger_type="CloudWatchEvent",
            trigger_detail=arn("codecommit", event.repository),
            started_by=event.pusher_arn,
            at=clock.now(),
        )


def build_changed(event: BuildStateChanged) -> None:
    """A build of ours ended."""
    if event.status != "IN_PROGRESS":
        observe(event.build_id)


def deployment_changed(event: DeploymentStateChanged) -> None:
    """A deployment of ours ended."""
    if event.state in ("Succeeded", "Failed", "Stopped"):
        observe(event.deployment_id)


def observe(external_id: str) -> None:
    """Ask the provider about the running action of that external id, if it is one of ours."""
    running = ActionExecution.objects.filter(external_id=external_id, status=ActionState.IN_PROGRESS)
    for action in running.select_related("stage", "execution__pipeline", "execution__version"):
        provider = registry.provider(action.category, action.provider)
        outcome = provider.observe(external_id, action.output_names) if provider else None
        if outcome is not None:
            advance.report(action, outcome, at=clock.now())
