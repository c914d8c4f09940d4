"""A build in the words of CodeBuild's events: their ``additional-information``."""

from datetime import datetime
from typing import Any

from pipelines.builds.models import Build, BuildPhase

_SOURCES = {"git": "CODECOMMIT", "blob": "CODEPIPELINE"}


def spoken(moment: datetime) -> str:
    """``Sep 1, 2017 4:12:29 PM``, as times stand inside these events."""
    return f"{moment:%b} {moment.day}, {moment:%Y} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def of(build: Build) -> dict[str, Any]:
    """Environment, source, logs, artifact and phases of ``build``; values of secrets are left out."""
    return {
        "artifact": _artifact(build),
        "environment": {
            "image": build.settings["image"],
            "privileged-mode": False,
            "compute-type": "BUILD_GENERAL1_SMALL",
            "type": "LINUX_CONTAINER",
            "environment-variables": [_variable(row) for row in build.settings["environment"]],
        },
        "timeout-in-minutes": build.settings["timeout_minutes"],
        "build-start-time": spoken(build.started_at or build.created_at),
        "source": {
            "location": build.source.get("repository", ""),
            "type": _SOURCES.get(build.source["kind"], "NO_SOURCE"),
        },
        "source-version": build.resolved_version or build.source.get("version", ""),
        "logs": {
            "group-name": f"/aws/codebuild/{build.project_name}",
            "stream-name": str(build.uuid),
            "deep-link": build.get_absolute_url(),
        },
        "phases": [_phase(row) for row in build.phases.all()] if build.is_complete else [],
    }


def _variable(row: dict[str, Any]) -> dict[str, str]:
    if row["secret"]:
        return {"name": row["name"], "type": "SECRETS_MANAGER"}
    return {"name": row["name"], "type": row.get("type", "PLAINTEXT"), "value": row["value"]}


def _artifact(build: Build) -> dict[str, str]:
    digest = build.artifacts.get("default")
    return {"sha256sum": digest, "location": f"blob/{digest}"} if digest else {}


def _phase(row: BuildPhase) -> dict[str, Any]:
    told = {
        "phase-type": row.name,
        "start-time": spoken(row.started_at),
        "phase-context": [f"{row.code}: {row.message}"] if row.code else [],
    }
    if row.ended_at is None:
        return told
    seconds = int((row.ended_at - row.started_at).total_seconds())
    ended = {"end-time": spoken(row.ended_at), "duration-in-seconds": seconds, "phase-status": row.status}
    return {**told, **ended}
