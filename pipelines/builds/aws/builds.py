"""CodeBuild's operations on builds."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from devopsweb.kernel.arn import arn
from pipelines.builds import access, queries
from pipelines.builds.actions import builds
from pipelines.builds.actions.projects import sealed
from pipelines.builds.aws import members, shapes
from pipelines.builds.aws.words import codebuild
from pipelines.builds.errors import BuildNotComplete
from pipelines.builds.models import Build, Project
from pipelines.builds.types import Source, Stored, Token

PAGE = 100
_AWAY = (
    "secondarySourcesOverride",
    "secondarySourcesVersionOverride",
    "secondaryArtifactsOverride",
    "sourceAuthOverride",
    "reportBuildStatusOverride",
    "buildStatusConfigOverride",
    "certificateOverride",
    "privilegedModeOverride",
    "registryCredentialOverride",
    "debugSessionEnabled",
    "fleetOverride",
    "autoRetryLimitOverride",
    "hostKernelOverride",
)


@codebuild.operation(
    "StartBuild",
    partial="Overrides of secondary sources and artifacts, of caches, fleets, registry credentials, privileged "
    "mode, debug sessions and automatic retries are refused.",
)
def start_build(call: Call, params: Params) -> Result:
    """Start a build that may differ from its project."""
    project = access.project(call.principal, params["projectName"], "codebuild:StartBuild")
    members.refuse(params, *_AWAY)
    rows = sealed(members.variables(params.get("environmentVariablesOverride", [])), [])
    row = builds.start(
        project=project.name,
        principal=call.principal,
        initiator=call.principal.name,
        at=call.at,
        source=_source(project, params),
        env_overrides={variable["name"]: _given(variable) for variable in rows},
        buildspec_override=params.get("buildspecOverride"),
        changes=_changes(project, params),
        token=_token(params),
    )
    return {"build": shapes.build(row)}


def _given(row: dict[str, Any]) -> str | Stored:
    return Stored(row["type"], row["value"]) if row.get("type") else str(row["value"])


def _source(project: Project, params: Params) -> Source:
    kind = params.get("sourceTypeOverride", project.source_type)
    location = params.get("sourceLocationOverride", "")
    if kind == "CODECOMMIT":
        repository = members.repository_of(location) if location else project.repository
        if not repository:
            raise ParameterProblem("Project source location is required")
        return Source(
            kind="git", repository=repository, version=params.get("sourceVersion", project.source_version)
        )
    if kind != "NO_SOURCE":
        raise ParameterProblem(
            f"A build of the source type {kind} is started by its pipeline, not by StartBuild; "
            "sourceTypeOverride can be CODECOMMIT or NO_SOURCE."
        )
    spec = params.get("buildspecOverride", project.buildspec)
    if location or "\n" not in spec:
        raise ParameterProblem("A build without a source needs the buildspec itself, and no location.")
    return Source(kind="none")


def _changes(project: Project, params: Params) -> dict[str, Any]:
    """What the build's snapshot has instead of the project's settings."""
    members.check_cache(params.get("cacheOverride", {}), "cacheOverride")
    members.check_logs(params.get("logsConfigOverride", {}), project.log_group)
    if "encryptionKeyOverride" in params:
        members.check_key(params["encryptionKeyOverride"])
    if "artifactsOverride" in params:
        members.artifacts(params["artifactsOverride"])
    if params.get("gitSubmodulesConfigOverride", {}).get("fetchSubmodules"):
        raise ParameterProblem("gitSubmodulesConfigOverride: submodules are not fetched here.")
    plain = {
        "timeoutInMinutesOverride": "timeout_minutes",
        "queuedTimeoutInMinutesOverride": "queued_timeout_minutes",
        "serviceRoleOverride": "service_role",
        "sourceTypeOverride": "source_type",
    }
    found: dict[str, Any] = {ours: params[theirs] for theirs, ours in plain.items() if theirs in params}
    environment = dict(project.wire.get("environment", {}))
    if "environmentTypeOverride" in params:
        members.check_type(params["environmentTypeOverride"])
        environment["type"] = params["environmentTypeOverride"]
    if "imageOverride" in params:
        found["image"], environment["image"] = members.image(params["imageOverride"])
    if "computeTypeOverride" in params:
        found["memory_mib"] = members.memory(params["computeTypeOverride"])
        environment["computeType"] = params["computeTypeOverride"]
    if "imagePullCredentialsTypeOverride" in params:
        environment["imagePullCredentialsType"] = params["imagePullCredentialsTypeOverride"]
    source = dict(project.wire.get("source", {}))
    if "gitCloneDepthOverride" in params:
        source["gitCloneDepth"] = params["gitCloneDepthOverride"]
    if "insecureSslOverride" in params:
        source["insecureSsl"] = params["insecureSslOverride"]
    return found | {"wire": {**project.wire, "environment": environment, "source": source}}


def _token(params: Params) -> Token | None:
    value = params.get("idempotencyToken", "")
    if not value:
        return None
    if len(value) > 255:
        raise ParameterProblem("idempotencyToken must have at most 255 characters.")
    others = {name: given for name, given in params.items() if name != "idempotencyToken"}
    text = json.dumps(others, sort_keys=True, default=str)
    return Token(value, hashlib.sha256(text.encode()).hexdigest())


def _id(given: str) -> str:
    """A build's id, of its id or its ARN."""
    return given.removeprefix(arn("codebuild", "build/"))


def _build(call: Call, given: str, action: str) -> Build:
    """The build, after the question whether the caller may do ``action`` on its project."""
    build_id = _id(given)
    access.project_name(call.principal, build_id.rpartition(":")[0], action)
    return queries.build(build_id)


@codebuild.operation("StopBuild")
def stop_build(call: Call, params: Params) -> Result:
    """Stop a build; one that has ended stays as it is."""
    row = _build(call, params["id"], "codebuild:StopBuild")
    builds.stop(row, principal=call.principal, at=call.at)
    row.refresh_from_db()
    return {"build": shapes.build(row)}


@codebuild.operation("RetryBuild")
def retry_build(call: Call, params: Params) -> Result:
    """A new build with the settings, overrides and commit of another."""
    if not params.get("id"):
        raise ParameterProblem("Build ID is required")
    row = _build(call, params["id"], "codebuild:RetryBuild")
    again = builds.retry(row, principal=call.principal, at=call.at, token=_token(params))
    return {"build": shapes.build(again)}


def _projects(ids: Iterable[str]) -> list[str]:
    """The names of the projects of these builds."""
    return sorted({one.rpartition(":")[0] for one in ids})


@codebuild.operation("BatchGetBuilds")
def batch_get_builds(call: Call, params: Params) -> Result:
    """Builds by id or ARN."""
    wanted = list(dict.fromkeys(_id(one) for one in params["ids"]))
    access.project_names(call.principal, _projects(wanted), "codebuild:BatchGetBuilds")
    found = queries.builds_of(wanted)
    missing = [one for one in wanted if one not in found]
    result: dict[str, Any] = {"builds": [shapes.build(found[one]) for one in wanted if one in found]}
    return result | ({"buildsNotFound": missing} if missing else {})


@codebuild.operation("BatchDeleteBuilds")
def batch_delete_builds(call: Call, params: Params) -> Result:
    """Delete ended builds from the history."""
    wanted = list(dict.fromkeys(_id(one) for one in params["ids"]))
    access.project_names(call.principal, _projects(wanted), "codebuild:BatchDeleteBuilds")
    found = queries.builds_of(wanted)
    deleted, kept = [], []
    for one in wanted:
        row = found.get(one)
        if row is None:
            kept.append({"id": one, "statusCode": "BUILD_NOT_FOUND"})
            continue
        try:
            builds.delete(row, principal=call.principal)
        except BuildNotComplete:
            kept.append({"id": one, "statusCode": "BUILD_IN_PROGRESS"})
        else:
            deleted.append(row.arn)
    result: dict[str, Any] = {"buildsNotDeleted": kept}
    return result | ({"buildsDeleted": deleted} if deleted else {})


@codebuild.operation("ListBuilds")
def list_builds(call: Call, params: Params) -> Result:
    """Ids of all builds, newest first unless asked otherwise."""
    access.anything(call.principal, "codebuild:ListBuilds")
    return _ids(Build.objects.all(), params, "codebuild:ListBuilds")


@codebuild.operation("ListBuildsForProject")
def list_builds_for_project(call: Call, params: Params) -> Result:
    """Ids of a project's builds; those of a deleted project stay."""
    name = params["projectName"].removeprefix(arn("codebuild", "project/"))
    access.project_name(call.principal, name, "codebuild:ListBuildsForProject")
    rows = queries.builds(names=[name])
    if not rows.exists():
        queries.project(name)
    return _ids(rows, params, f"codebuild:ListBuildsForProject {name}")


def _ids(rows: Any, params: Params, scope: str) -> dict[str, Any]:
    order = params.get("sortOrder", "DESCENDING")
    page = paging.page(
        rows.only("uuid", "project_name"),
        token=params.get("nextToken", ""),
        size=PAGE,
        ascending=order == "ASCENDING",
        scope=f"{scope} {order}",
    )
    found: dict[str, Any] = {"nextToken": page.next_token} if page.next_token else {}
    # The model wants at least one id; an empty list is left out by AWS, too.
    return found | {"ids": [row.external_id for row in page.rows]}
