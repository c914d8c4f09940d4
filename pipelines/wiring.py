"""What the app hangs into the house at start: action types, handlers, topics, the shell."""

from deployments.event_types import DeploymentStateChanged
from devopsweb.events import api as events
from devopsweb.live import api as live
from pipelines import access, handlers
from pipelines.providers import registry
from pipelines.providers.codecommit import CodeCommitSource
from pipelines.providers.codedeploy import CodeDeploy
from pipelines.providers.manual import ManualApproval
from repos.git.event_types import ReferenceUpdated


def connect() -> None:
    """Called once by ``AppConfig.ready``."""
    for provider in (CodeCommitSource(), ManualApproval(), CodeDeploy()):
        registry.register(provider)
    events.subscribe(ReferenceUpdated, handlers.start_pipelines)
    events.subscribe(DeploymentStateChanged, handlers.deployment_changed)
    live.register("pipelines", access.may_watch_all)
    live.register("pipeline", access.may_watch)
    live.register("execution", access.may_watch_execution)
