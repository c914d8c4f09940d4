"""What the app hangs into the house at start: action types, handlers, topics, the shell."""

from datetime import timedelta

from deployments.event_types import DeploymentStateChanged
from devopsweb.events import api as events
from devopsweb.iam import api as iam
from devopsweb.live import api as live
from monitoring.trail import api as trail
from pipelines import access, handlers, shell, stories
from pipelines.builds.event_types import BuildStateChanged
from pipelines.providers import registry
from pipelines.providers.codebuild import CodeBuild
from pipelines.providers.codecommit import CodeCommitSource
from pipelines.providers.codedeploy import CodeDeploy
from pipelines.providers.manual import ManualApproval
from pipelines.queries import home
from repos.git import api as repositories
from repos.git.event_types import ReferenceUpdated


def connect() -> None:
    """Called once by ``AppConfig.ready``."""
    build_time, test_time = timedelta(hours=36), timedelta(hours=8)
    for provider in (
        CodeCommitSource(),
        CodeBuild("Build", build_time),
        CodeBuild("Test", test_time),
        ManualApproval(),
        CodeDeploy(),
    ):
        registry.register(provider)
    events.subscribe(ReferenceUpdated, handlers.start_pipelines)
    events.subscribe(BuildStateChanged, handlers.build_changed)
    events.subscribe(DeploymentStateChanged, handlers.deployment_changed)
    iam.offer_tags("codepipeline", access.tags_of)
    live.register("pipelines", access.may_watch_all)
    live.register("pipeline", access.may_watch)
    live.register("execution", access.may_watch_execution)
    repositories.commit_status.register(home.commit_status)
    trail.explain("codepipeline.amazonaws.com", "PutApprovalResult", stories.of_approval)
    shell.connect()
