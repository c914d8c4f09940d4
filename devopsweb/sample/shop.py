"""The storefront's way from commit to customers: repository, builds, instances, pipeline, dashboard, alarm."""

import os
import time
from datetime import datetime
from pathlib import Path

from deployments import api as deployments
from deployments.compute import api as compute
from devopsweb.events.actions import deliveries
from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.sample import roles
from pipelines import api as pipelines
from pipelines.builds import api as builds
from repos.git import api as git

NAME = "storefront"
GROUP = "production"
BRANCH = "main"
SOURCE = Path(__file__).parent / "storefront"
INSTANCES = ("storefront-1", "storefront-2", "storefront-3")
TAGS = {"app": NAME, "env": GROUP}
BUILDS = {
    f"{NAME}-build": ("buildspec.yml", "Compiles the shop and makes the artifact that is deployed."),
    f"{NAME}-test": ("buildspec-test.yml", "Runs the shop's unit tests."),
}
LEFT_OUT = ("__pycache__",)

installer = iam.service_principal("sample")


def install_builds(at: datetime) -> None:
    """A project that makes the artifact, and one that runs the tests."""
    for name, (buildspec, text) in BUILDS.items():
        if not builds.project_exists(name):
            builds.create_project(
                name=name,
                description=text,
                repository=NAME,
                buildspec=buildspec,
                timeout_minutes=10,
                service_role=roles.build(name, at=at),
                principal=installer,
                at=at,
            )


def install_pipeline(at: datetime) -> None:
    """From the branch by build and tests, side by side, and a person's approval to the instances."""
    if pipelines.pipeline_exists(NAME):
        return
    definition = pipelines.simple_definition(
        name=NAME,
        repository=NAME,
        branch=BRANCH,
        role_arn=roles.pipeline(at=at),
        build_projects=[f"{NAME}-build"],
        test_projects=[f"{NAME}-test"],
        approval_comment="Look at the changes and the checks, then release them to production.",
        application=NAME,
        deployment_group=GROUP,
    )
    pipelines.create_pipeline(definition=definition, principal=installer, at=at)


def install_instances(at: datetime) -> None:
    """Three local instances, and the group that deploys to them one after the other."""
    for name in INSTANCES:
        compute.ensure_local_instance(name=name, tags=TAGS, at=at)
    if not deployments.application_exists(NAME):
        deployments.create_application(name=NAME, principal=installer, at=at)
    if not deployments.group_exists(application=NAME, name=GROUP):
        filters = [[{"Key": key, "Value": value, "Type": "KEY_AND_VALUE"}] for key, value in TAGS.items()]
        deployments.create_group(
            application=NAME,
            name=GROUP,
            tag_filters=filters,
            auto_rollback=True,
            service_role_arn=roles.deploy(at=at),
            principal=installer,
            at=at,
        )


def install_repository(at: datetime) -> None:
    """The repository with its first commit."""
    try:
        git.repository(NAME)
    except git.RepositoryNotFound:
        text = "A small shop: change it, push, and watch it travel to its instances."
        git.create_repository(name=NAME, description=text, principal=installer, at=at)
    try:
        git.resolve(repository=NAME, ref=BRANCH)
    except git.RefNotFound:
        files, executable = sources()
        git.put_tree(
            repository=NAME,
            branch=BRANCH,
            files=files,
            executable=executable,
            message="Open the storefront\n\nCatalogue, search, product pages, health check, and the way to production.",
            author_name="DevOpsWeb",
            author_email="devopsweb@localhost",
            at=at,
        )


def wait_for_news(seconds: float = 10) -> None:
    """Return when every event so far has reached its handlers, or after ``seconds``."""
    deadline = time.monotonic() + seconds
    while deliveries.owed().exists() and time.monotonic() < deadline:
        deliveries.deliver_due(at=clock.now())
        time.sleep(0.05)


def sources() -> tuple[dict[str, bytes], set[str]]:
    """The sample's files by their path in the repository, and which of them are programs."""
    files: dict[str, bytes] = {}
    executable: set[str] = set()
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file() and not set(LEFT_OUT) & set(path.parts):
            name = path.relative_to(SOURCE).as_posix()
            files[name] = path.read_bytes()
            if os.access(path, os.X_OK):
                executable.add(name)
    return files, executable
