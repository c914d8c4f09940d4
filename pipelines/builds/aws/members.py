"""Reads what CodeBuild's API says of a project or a build into our settings.

A member that we cannot honour is refused by its name; one that changes nothing here (the compute type,
the depth of a clone) is kept in ``wire`` and told again.
"""

import platform
import re
from collections.abc import Mapping, Sequence
from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from pipelines.builds.actions.projects import KEEP
from pipelines.builds.types import PARAMETER_STORE, SECRETS_MANAGER

Json = Mapping[str, Any]

SANDBOX_IMAGE = "devopsweb/sandbox"
DEFAULT_KEY = "alias/aws/s3"
_CURATED = re.compile(r"aws/codebuild/.+")
_LOCATION = re.compile(
    r"(?:https?://[^/]+/(?:v1/repos|git)/|codecommit(?:::[a-z0-9-]+)?://(?:[^/@]+@)?)"
    r"(?P<name>[\w.-]{1,100}?)(?:\.git)?/?"
)
_TYPES = {"LINUX_CONTAINER"} | ({"ARM_CONTAINER"} if platform.machine() in {"aarch64", "arm64"} else set())
_MEMORY = {
    "BUILD_GENERAL1_SMALL": 4096,
    "BUILD_GENERAL1_MEDIUM": 7168,
    "BUILD_GENERAL1_LARGE": 15360,
    "BUILD_GENERAL1_XLARGE": 71680,
    "BUILD_GENERAL1_2XLARGE": 148480,
}
_SECRET = re.compile(r"devopsweb:project/.+/(.+)")


def refuse(given: Json, *names: str, prefix: str = "") -> None:
    """Refuse the members ``names`` where they say anything; empty and false ones are what we do anyway."""
    for name in names:
        if given.get(name):
            raise ParameterProblem(f"{prefix}{name} is not available here.", parameter=name)


def repository_of(location: str) -> str:
    """The name of the repository at a clone address."""
    match = _LOCATION.fullmatch(location)
    if not match:
        raise ParameterProblem(
            f"Invalid project source: location {location!r} must be the clone address of a CodeCommit "
            "repository: https://…/v1/repos/<name>."
        )
    return match["name"]


def source(given: Json) -> dict[str, Any]:
    """Settings of a project's ``source``."""
    kind = given["type"]
    refuse(given, "auth", "buildStatusConfig", prefix="source.")
    if given.get("gitSubmodulesConfig", {}).get("fetchSubmodules"):
        raise ParameterProblem("source.gitSubmodulesConfig: submodules are not fetched here.")
    if given.get("reportBuildStatus"):
        raise ParameterProblem(f"source.reportBuildStatus is not supported for the source type {kind}.")
    if kind not in {"CODECOMMIT", "CODEPIPELINE", "NO_SOURCE"}:
        raise ParameterProblem(
            f"The source type {kind} is not available here: use CODECOMMIT, CODEPIPELINE or NO_SOURCE."
        )
    if kind == "CODECOMMIT" and not given.get("location"):
        raise ParameterProblem("Project source location is required")
    if kind == "NO_SOURCE" and given.get("location"):
        raise ParameterProblem("A project of the source type NO_SOURCE must not have a location.")
    kept = {name: given[name] for name in ("type", "gitCloneDepth", "insecureSsl") if name in given}
    return {
        "repository": repository_of(given["location"]) if kind == "CODECOMMIT" else "",
        "buildspec": given.get("buildspec", ""),
        "wire": kept,
    }


def artifacts(given: Json) -> dict[str, Any]:
    """What is kept of a project's ``artifacts``."""
    if given["type"] == "S3":
        raise ParameterProblem(
            "Artifacts of the type S3 are not available here: every build keeps its artifacts in this "
            "installation's store. Use NO_ARTIFACTS or CODEPIPELINE."
        )
    if given["type"] == "NO_ARTIFACTS" and given.get("location"):
        raise ParameterProblem("Artifacts of the type NO_ARTIFACTS must not have a location.")
    refuse(given, "encryptionDisabled", "overrideArtifactName", "artifactIdentifier", prefix="artifacts.")
    return {name: given[name] for name in ("type", "name", "packaging") if name in given}


def image(name: str) -> tuple[str, str]:
    """(the image that a build needs a container engine for, the image to tell again)."""
    if name == SANDBOX_IMAGE or _CURATED.fullmatch(name):
        return "", name
    return name, name


def environment(given: Json) -> dict[str, Any]:
    """Settings of a project's ``environment``."""
    away = ("computeConfiguration", "fleet", "certificate", "registryCredential", "dockerServer")
    refuse(given, *away, "hostKernel", "privilegedMode", prefix="environment.")
    check_type(given["type"])
    needed, told = image(given["image"])
    names = ("type", "computeType", "imagePullCredentialsType")
    return {
        "image": needed,
        "memory_mib": memory(given["computeType"]),
        "environment": variables(given.get("environmentVariables", [])),
        "wire": {name: given[name] for name in names if name in given} | {"image": told},
    }


def check_type(kind: str) -> None:
    """Refuse environments that this machine is not."""
    if kind not in _TYPES:
        raise ParameterProblem(
            f"The environment type {kind} is not available here: use {' or '.join(sorted(_TYPES))}."
        )


def memory(compute_type: str) -> int:
    """The memory of a compute type, in MiB."""
    if compute_type not in _MEMORY:
        raise ParameterProblem(
            f"Invalid compute type provided: {compute_type} is not available here. "
            f"Use one of {', '.join(_MEMORY)}."
        )
    return _MEMORY[compute_type]


def variables(given: Sequence[Json]) -> list[dict[str, Any]]:
    """Environment variables as the actions take them."""
    rows = []
    for one in given:
        kind = one.get("type", "PLAINTEXT")
        if kind not in ("PLAINTEXT", PARAMETER_STORE, SECRETS_MANAGER):
            raise ParameterProblem(f"{one['name']}: there are no environment variables of the type {kind}.")
        row = {"name": one["name"], "value": one["value"], "secret": False}
        reference = _SECRET.fullmatch(one["value"]) if kind == SECRETS_MANAGER else None
        if reference and reference[1] == one["name"]:
            row |= {"value": KEEP, "secret": True}
        elif kind != "PLAINTEXT":
            row["type"] = kind
        rows.append(row)
    return rows


def check_cache(given: Json, prefix: str = "cache") -> None:
    """Refuse every cache: nothing is kept between builds."""
    if given.get("type", "NO_CACHE") != "NO_CACHE":
        raise ParameterProblem(f"{prefix}: caches are not kept here; use NO_CACHE.")


def check_logs(given: Json, group: str) -> None:
    """Refuse logs that go anywhere else than to the project's own log group."""
    ours = given.get("cloudWatchLogs", {})
    if ours.get("status", "ENABLED") != "ENABLED" or ours.get("groupName", group) != group:
        raise ParameterProblem(f"logsConfig.cloudWatchLogs: logs are always written to {group}.")
    refuse(ours, "streamName", prefix="logsConfig.cloudWatchLogs.")
    if given.get("s3Logs", {}).get("status", "DISABLED") != "DISABLED":
        raise ParameterProblem("logsConfig.s3Logs is not available here.")


def check_key(key: str) -> None:
    """Refuse encryption keys: artifacts and secrets are sealed with the installation's own."""
    if not key.endswith(DEFAULT_KEY):
        raise ParameterProblem(f"encryptionKey is not available here, except {DEFAULT_KEY}.")
