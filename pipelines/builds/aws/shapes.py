"""Projects and builds in CodeBuild's shapes."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from devopsweb.kernel.arn import arn
from pipelines.builds.aws.members import DEFAULT_KEY, SANDBOX_IMAGE
from pipelines.builds.models import Build, BuildPhase, Project
from pipelines.builds.states import Phase

_KINDS = {"git": "CODECOMMIT", "blob": "CODEPIPELINE"}


def address(repository: str) -> str:
    """Where a repository is cloned from."""
    return f"{settings.DEVOPSWEB_BASE_URL.rstrip('/')}/v1/repos/{repository}"


def project(row: Project) -> dict[str, Any]:
    """``Project``."""
    found = {
        "name": row.name,
        "arn": row.arn,
        "description": row.description,
        "source": _source(row.source_type, row.repository, row.buildspec, row.wire),
        "secondarySources": [],
        "secondarySourceVersions": [],
        "artifacts": _project_artifacts(row),
        "secondaryArtifacts": [],
        "cache": {"type": "NO_CACHE"},
        "environment": _environment(row.name, row.wire, row.image, row.environment),
        "serviceRole": row.service_role,
        "timeoutInMinutes": row.timeout_minutes,
        "queuedTimeoutInMinutes": row.queued_timeout_minutes,
        "encryptionKey": arn("kms", DEFAULT_KEY),
        "tags": [{"key": key, "value": value} for key, value in row.tags.items()],
        "created": row.created_at,
        "lastModified": row.updated_at,
        "badge": {"badgeEnabled": False},
        "logsConfig": {
            "cloudWatchLogs": {"status": "ENABLED"},
            "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
        },
        "projectVisibility": "PRIVATE",
    }
    if row.source_version:
        found["sourceVersion"] = row.source_version
    if row.concurrent_builds is not None:
        found["concurrentBuildLimit"] = row.concurrent_builds
    return found


def _source(kind: str, repository: str, buildspec: str, wire: dict[str, Any]) -> dict[str, Any]:
    kept = wire.get("source", {})
    found: dict[str, Any] = {"type": kind, "insecureSsl": bool(kept.get("insecureSsl"))}
    if repository and kind == "CODECOMMIT":
        found["location"] = address(repository)
        found["gitSubmodulesConfig"] = {"fetchSubmodules": False}
        found["gitCloneDepth"] = int(kept.get("gitCloneDepth", 1))
    if buildspec:
        found["buildspec"] = buildspec
    return found


def _project_artifacts(row: Project) -> dict[str, Any]:
    kept = row.wire.get("artifacts", {})
    kind = "CODEPIPELINE" if row.source_type == "CODEPIPELINE" else "NO_ARTIFACTS"
    if kept.get("type", kind) != kind:
        return {"type": kind}
    return {"type": kind, **kept}


def _environment(
    project_name: str, wire: dict[str, Any], image: str, variables: list[dict[str, Any]]
) -> dict[str, Any]:
    kept = wire.get("environment", {})
    return {
        "type": kept.get("type", "LINUX_CONTAINER"),
        "image": image or kept.get("image") or SANDBOX_IMAGE,
        "computeType": kept.get("computeType", "BUILD_GENERAL1_SMALL"),
        "imagePullCredentialsType": kept.get("imagePullCredentialsType", "CODEBUILD"),
        "privilegedMode": False,
        "environmentVariables": [_variable(project_name, row) for row in variables],
    }


def _variable(project_name: str, row: dict[str, Any]) -> dict[str, str]:
    """A secret is told by a reference, which UpdateProject takes back for the stored value."""
    if row["secret"]:
        reference = f"devopsweb:project/{project_name}/{row['name']}"
        return {"name": row["name"], "value": reference, "type": "SECRETS_MANAGER"}
    return {"name": row["name"], "value": row["value"], "type": row.get("type", "PLAINTEXT")}


def build(row: Build) -> dict[str, Any]:
    """``Build``."""
    held = row.settings
    wire = held.get("wire", {})
    kind = _KINDS.get(row.source["kind"]) or str(held.get("source_type", "NO_SOURCE"))
    found = {
        "id": row.external_id,
        "arn": row.arn,
        "buildNumber": row.number,
        "startTime": row.created_at,
        "currentPhase": row.current_phase,
        "buildStatus": row.status,
        "projectName": row.project_name,
        "phases": _phases(row),
        "source": _source(kind, row.source.get("repository", ""), held["buildspec"], wire),
        "secondarySources": [],
        "secondarySourceVersions": [],
        "artifacts": _artifact(row, "default") if "default" in row.artifacts else {"location": ""},
        "secondaryArtifacts": _secondary(row),
        "cache": {"type": "NO_CACHE"},
        "environment": _environment(row.project_name, wire, held["image"], held["environment"]),
        "logs": _logs(row),
        "timeoutInMinutes": held["timeout_minutes"],
        "buildComplete": row.is_complete,
        "initiator": row.initiator,
        "encryptionKey": arn("kms", DEFAULT_KEY),
        "exportedEnvironmentVariables": [
            {"name": name, "value": value} for name, value in row.exported_variables.items()
        ],
        "reportArns": [],
    }
    optional = {
        "serviceRole": held.get("service_role"),
        "queuedTimeoutInMinutes": held.get("queued_timeout_minutes"),
        "sourceVersion": row.source.get("version"),
        "resolvedSourceVersion": row.resolved_version,
        "endTime": row.ended_at,
    }
    return found | {name: value for name, value in optional.items() if value}


def _secondary(row: Build) -> list[dict[str, Any]]:
    names = sorted(name for name in row.artifacts if name != "default")
    return [{"artifactIdentifier": name, **_artifact(row, name)} for name in names]


def _phases(row: Build) -> list[dict[str, Any]]:
    found = [_phase(phase) for phase in row.phases.all()]
    if row.ended_at is not None:
        found.append({"phaseType": str(Phase.COMPLETED), "startTime": row.ended_at})
    return found


def _phase(row: BuildPhase) -> dict[str, Any]:
    found: dict[str, Any] = {"phaseType": row.name, "startTime": row.started_at}
    if row.ended_at is None:
        return found
    found["phaseStatus"] = row.status
    found["endTime"] = row.ended_at
    found["durationInSeconds"] = int((row.ended_at - row.started_at).total_seconds())
    found["contexts"] = [{"statusCode": row.code, "message": row.message}]
    return found


def _artifact(row: Build, name: str) -> dict[str, Any]:
    """Where the artifact is downloaded, and its digest."""
    place = {"project": row.project_name, "number": row.number, "name": name}
    url = f"{settings.DEVOPSWEB_BASE_URL.rstrip('/')}{reverse('build-artifact', kwargs=place)}"
    return {"location": url, "sha256sum": row.artifacts[name], "encryptionDisabled": False}


def _logs(row: Build) -> dict[str, Any]:
    group = f"/aws/codebuild/{row.project_name}"
    return {
        "groupName": group,
        "streamName": str(row.uuid),
        "deepLink": f"{settings.DEVOPSWEB_BASE_URL.rstrip('/')}{row.get_absolute_url()}",
        "cloudWatchLogsArn": arn("logs", f"log-group:{group}:log-stream:{row.uuid}"),
        "cloudWatchLogs": {"status": "ENABLED"},
        "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
    }
