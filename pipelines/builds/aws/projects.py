"""CodeBuild's operations on projects."""

import platform
from pathlib import Path
from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging, tags
from devopsweb.kernel.arn import arn
from pipelines.builds import access, queries
from pipelines.builds.actions import projects
from pipelines.builds.aws import members, shapes
from pipelines.builds.aws.words import codebuild
from pipelines.builds.models import Project

PAGE = 100
_AWAY = (
    "secondarySources",
    "secondarySourceVersions",
    "secondaryArtifacts",
    "vpcConfig",
    "badgeEnabled",
    "fileSystemLocations",
    "buildBatchConfig",
    "autoRetryLimit",
)
_PLAIN = {
    "description": "description",
    "sourceVersion": "source_version",
    "serviceRole": "service_role",
    "timeoutInMinutes": "timeout_minutes",
    "queuedTimeoutInMinutes": "queued_timeout_minutes",
}
_MISSING = (
    "Sources are CODECOMMIT, CODEPIPELINE or NO_SOURCE; secondary sources and artifacts, artifacts in S3, "
    "caches, VPCs, fleets, privileged containers and batch builds are refused."
)


@codebuild.operation("CreateProject", partial=_MISSING)
def create_project(call: Call, params: Params) -> Result:
    """Create a project."""
    access.project_name(call.principal, params["name"], "codebuild:CreateProject")
    row = projects.create(
        name=params["name"],
        principal=call.principal,
        at=call.at,
        **_settings(params, params["name"], {}),
    )
    return {"project": shapes.project(row)}


@codebuild.operation("UpdateProject", partial=_MISSING)
def update_project(call: Call, params: Params) -> Result:
    """Change the given settings of a project."""
    row = access.project(call.principal, params["name"], "codebuild:UpdateProject")
    projects.update(row, principal=call.principal, at=call.at, **_settings(params, row.name, row.wire))
    return {"project": shapes.project(row)}


def _settings(params: Params, name: str, wire: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the actions; ``wire`` is what the project keeps so far."""
    members.refuse(params, *_AWAY)
    members.check_cache(params.get("cache", {}))
    members.check_logs(params.get("logsConfig", {}), f"/aws/codebuild/{name}")
    if "encryptionKey" in params:
        members.check_key(params["encryptionKey"])
    found: dict[str, Any] = {ours: params[theirs] for theirs, ours in _PLAIN.items() if theirs in params}
    kept = dict(wire)
    if "source" in params:
        read = members.source(params["source"])
        kept["source"] = read.pop("wire")
        found |= read
    if "artifacts" in params:
        kept["artifacts"] = members.artifacts(params["artifacts"])
    if "environment" in params:
        read = members.environment(params["environment"])
        kept["environment"] = read.pop("wire")
        found |= read
    if "tags" in params:
        found["tags"] = tags.checked(tags.pairs(params["tags"]))
    if "concurrentBuildLimit" in params:
        found["concurrent_builds"] = _limit(params["concurrentBuildLimit"])
    return found | {"wire": kept}


def _limit(given: int) -> int | None:
    """-1 lifts the limit."""
    if given == -1:
        return None
    if given < 1:
        raise ParameterProblem("concurrentBuildLimit must be 1 or more.")
    return given


@codebuild.operation("DeleteProject")
def delete_project(call: Call, params: Params) -> Result:
    """Delete a project; one that does not exist is as good as deleted."""
    access.project_name(call.principal, params["name"], "codebuild:DeleteProject")
    if row := queries.project_or_none(params["name"]):
        projects.delete(row, principal=call.principal)
    return {}


@codebuild.operation("BatchGetProjects")
def batch_get_projects(call: Call, params: Params) -> Result:
    """Projects by name or ARN."""
    prefix = arn("codebuild", "project/")
    names = list(dict.fromkeys(name.removeprefix(prefix) for name in params["names"]))
    access.project_names(call.principal, names, "codebuild:BatchGetProjects")
    found = {row.name: row for row in Project.objects.filter(name__in=names)}
    return {
        "projects": [shapes.project(found[name]) for name in names if name in found],
        "projectsNotFound": [name for name in names if name not in found],
    }


@codebuild.operation("ListProjects")
def list_projects(call: Call, params: Params) -> Result:
    """Names of projects, sorted by name, creation or last change."""
    access.anything(call.principal, "codebuild:ListProjects")
    sort, order = params.get("sortBy", "NAME"), params.get("sortOrder", "ASCENDING")
    token, scope = params.get("nextToken", ""), f"codebuild:ListProjects {sort} {order}"
    ascending = order == "ASCENDING"
    names: list[str]
    if sort == "LAST_MODIFIED_TIME":
        sign = 1 if ascending else -1
        rows = sorted(
            [sign * at.timestamp(), name] for name, at in Project.objects.values_list("name", "updated_at")
        )
        listed = paging.page_of(rows, token=token, size=PAGE, key=lambda row: row, scope=scope)
        names, following = [str(name) for _, name in listed.rows], listed.next_token
    else:
        key = "name" if sort == "NAME" else "pk"
        page = paging.page(
            Project.objects.all(), token=token, size=PAGE, key=key, ascending=ascending, scope=scope
        )
        names, following = [row.name for row in page.rows], page.next_token
    return {"projects": names} | ({"nextToken": following} if following else {})


@codebuild.operation("InvalidateProjectCache", read_only=False)
def invalidate_project_cache(call: Call, params: Params) -> Result:
    """Forget what is cached for a project: nothing ever is."""
    access.project(call.principal, params["projectName"], "codebuild:InvalidateProjectCache")
    return {}


@codebuild.operation("ListCuratedEnvironmentImages")
def list_curated_environment_images(call: Call, params: Params) -> Result:
    """The one environment that there is: this machine's sandbox."""
    access.anything(call.principal, "codebuild:ListCuratedEnvironmentImages")
    image = {
        "name": members.SANDBOX_IMAGE,
        "description": f"The build sandbox of this machine ({platform.machine()})",
        "versions": [],
    }
    return {"platforms": [{"platform": _platform(), "languages": [{"language": "BASE", "images": [image]}]}]}


def _platform() -> str:
    """The machine's distribution, in CodeBuild's words; a distribution that it has no word for is its nearest."""
    known = {"ubuntu": "UBUNTU", "amzn": "AMAZON_LINUX", "debian": "DEBIAN"}
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        text = ""
    values = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    words = [values.get("ID", ""), *values.get("ID_LIKE", "").strip('"').split()]
    return next((known[word.strip('"')] for word in words if word.strip('"') in known), "DEBIAN")
