"""Writes the common pipeline: source, builds, an approval, a deployment."""

from collections.abc import Sequence
from typing import Any


def simple_definition(
    *,
    name: str,
    repository: str,
    branch: str,
    role_arn: str,
    build_projects: Sequence[str] = (),
    test_projects: Sequence[str] = (),
    approval_comment: str | None = None,
    application: str = "",
    deployment_group: str = "",
) -> dict[str, Any]:
    """A ``pipeline.json``; ``approval_comment=None`` leaves the approval out.

    The first build project's output is what is deployed, or the source when nothing is built.
    Tests run in parallel with the builds. The approval stands in the stage it releases to, so that
    this stage stays locked while a person decides and nothing overtakes the decision.
    """
    stages = [_stage("Source", [_source(repository, branch)])]
    works = [_build(project, "Build", made=i == 0) for i, project in enumerate(build_projects)]
    works += [_build(project, "Test", made=False) for project in test_projects]
    if works:
        stages.append(_stage("Build", works))
    release: list[dict[str, Any]] = []
    if approval_comment is not None:
        release.append(_approval(approval_comment))
    if application:
        artifact = "BuildOutput" if build_projects else "SourceOutput"
        order = len(release) + 1
        release.append({**_deploy(application, deployment_group, artifact), "runOrder": order})
    if release:
        stages.append(_stage(_place(deployment_group), release))
    return {
        "name": name,
        "roleArn": role_arn,
        "artifactStore": {"type": "S3", "location": "devopsweb-artifacts"},
        "stages": stages,
        "executionMode": "SUPERSEDED",
        "pipelineType": "V1",
    }


def _place(group: str) -> str:
    """The last stage's name: the deployment group with a capital, for that is where it goes."""
    return group[:1].upper() + group[1:] if group else "Approval"


def _stage(name: str, actions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "actions": list(actions)}


def _type(category: str, provider: str) -> dict[str, str]:
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def _source(repository: str, branch: str) -> dict[str, Any]:
    return {
        "name": "source",
        "actionTypeId": _type("Source", "CodeCommit"),
        "configuration": {
            "RepositoryName": repository,
            "BranchName": branch,
            "PollForSourceChanges": "false",
        },
        "outputArtifacts": [{"name": "SourceOutput"}],
        "namespace": "SourceVariables",
    }


def _build(project: str, category: str, *, made: bool) -> dict[str, Any]:
    return {
        "name": project,
        "actionTypeId": _type(category, "CodeBuild"),
        "configuration": {"ProjectName": project},
        "inputArtifacts": [{"name": "SourceOutput"}],
        "outputArtifacts": [{"name": "BuildOutput"}] if made else [],
    }


def _approval(comment: str) -> dict[str, Any]:
    return {
        "name": "release-approval",
        "actionTypeId": _type("Approval", "Manual"),
        "configuration": {"CustomData": comment} if comment else {},
    }


def _deploy(application: str, group: str, artifact: str) -> dict[str, Any]:
    return {
        "name": "deploy",
        "actionTypeId": _type("Deploy", "CodeDeploy"),
        "configuration": {"ApplicationName": application, "DeploymentGroupName": group},
        "inputArtifacts": [{"name": artifact}],
    }
