"""The roles of the sample: its pipeline, builds and group may do what the storefront needs, no more."""

from datetime import datetime
from typing import Any

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn

NAME = "storefront"
GROUP = "production"


def _allow(service: str, actions: str, *resources: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": [f"{service}:{action}" for action in actions.split()],
        "Resource": list(resources),
    }


def pipeline(*, at: datetime) -> str:
    """The pipeline's role: this repository, these projects, this group."""
    repository = arn("codecommit", NAME)
    deployment = [
        arn("codedeploy", f"application:{NAME}"),
        arn("codedeploy", f"deploymentgroup:{NAME}/{GROUP}"),
        arn("codedeploy", "deploymentconfig:*"),
    ]
    statements = [
        _allow("codecommit", "GetBranch GetCommit UploadArchive GetUploadArchiveStatus", repository),
        _allow("codebuild", "StartBuild StopBuild BatchGetBuilds", arn("codebuild", f"project/{NAME}-*")),
        _allow(
            "codedeploy",
            "CreateDeployment StopDeployment GetDeployment GetDeploymentConfig RegisterApplicationRevision",
            *deployment,
        ),
    ]
    return _ensure(f"DevOpsWebPipelineRole-{NAME}", "codepipeline", statements, at)


def build(project: str, *, at: datetime) -> str:
    """A build project's role: its own log, and this repository."""
    group = arn("logs", f"log-group:/aws/codebuild/{project}")
    statements = [
        _allow("logs", "CreateLogGroup CreateLogStream PutLogEvents", group, f"{group}:*"),
        _allow("codecommit", "GitPull", arn("codecommit", NAME)),
    ]
    return _ensure(f"DevOpsWebBuildRole-{project}", "codebuild", statements, at)


def deploy(*, at: datetime) -> str:
    """The deployment group's role: find the hosts, look at the alarms."""
    statements = [
        _allow("ec2", "DescribeInstances", "*"),
        _allow("tag", "GetResources", "*"),
        _allow("cloudwatch", "DescribeAlarms", "*"),
    ]
    return _ensure(f"DevOpsWebDeployRole-{NAME}", "codedeploy", statements, at)


def _ensure(name: str, service: str, statements: list[dict[str, Any]], at: datetime) -> str:
    return iam.ensure_service_role(name, service=service, statements=statements, at=at)
