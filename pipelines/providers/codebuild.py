"""CodeBuild build and test: runs a build project on an input artifact."""

import json
from datetime import datetime, timedelta
from typing import Any

from devopsweb.blobs import api as blobs
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Conflict, Invalid, NotFound
from devopsweb.kernel.principals import Principal
from pipelines.builds import api as builds
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.providers.registry import Artifact, Context, Outcome, Provider, failed

_FINAL = {"SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"}


class MalformedEnvironment(Invalid):
    """``EnvironmentVariables`` is not a JSON list of {name, value, type}."""


class CodeBuild(Provider):
    """One build; its exported variables and artifacts become the action's."""

    check_every = timedelta(seconds=15)

    def __init__(self, category: str, timeout: timedelta) -> None:
        self.type = ActionType(category, "AWS", "CodeBuild")
        # AWS takes up to five inputs; builds here have one source.
        self.spec = ActionSpec(
            inputs=(1, 1),
            outputs=(0, 5),
            required=("ProjectName",),
            optional=("PrimarySource", "EnvironmentVariables"),
            timeout=timeout,
        )

    def start(self, context: Context) -> Outcome:
        """Start the build as the pipeline's role, which must also be allowed to look after it."""
        source, project = context.inputs[0], context.configuration["ProjectName"]
        iam.require(context.principal, "codebuild:BatchGetBuilds", arn("codebuild", f"project/{project}"))
        build_id = builds.start_build(
            project=project,
            principal=context.principal,
            initiator=f"codepipeline/{context.pipeline}",
            at=context.at,
            source=builds.Source(
                kind="blob",
                digest=source.digest,
                version=source.revision,
                repository=source.repository,
            ),
            env_overrides=environment(context.configuration.get("EnvironmentVariables", "")),
        )
        return Outcome("InProgress", external_id=build_id, url=builds.get(build_id).url)

    def observe(self, external_id: str, outputs: tuple[str, ...]) -> Outcome | None:
        """The build as it is now."""
        try:
            build = builds.get(external_id)
        except NotFound:
            return failed("JobFailed", f"The build {external_id} no longer exists.")
        return _outcome(build, outputs)

    def stop(self, external_id: str, *, principal: Principal, reason: str, at: datetime) -> None:
        """Stop the build."""
        try:
            builds.stop_build(build_id=external_id, principal=principal, at=at, reason=reason)
        except (NotFound, Conflict):
            return


def environment(text: str) -> dict[str, str | builds.Stored]:
    """The variables of the ``EnvironmentVariables`` setting. Raises ``MalformedEnvironment``."""
    if not text:
        return {}
    try:
        items = json.loads(text)
        if isinstance(items, list):
            return {item["name"]: _value(item) for item in items}
        raise TypeError
    except (ValueError, KeyError, TypeError):
        raise MalformedEnvironment(
            'configuration.EnvironmentVariables must be a JSON list of {"name": …, "value": …}.'
        ) from None


def _value(item: dict[str, Any]) -> str | builds.Stored:
    kind = item.get("type", "PLAINTEXT")
    if kind in ("PARAMETER_STORE", "SECRETS_MANAGER"):
        return builds.Stored(kind, str(item["value"]))
    if kind != "PLAINTEXT":
        raise MalformedEnvironment(
            f"configuration.EnvironmentVariables: {item['name']} has the type {kind}; "
            "use PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER."
        )
    return str(item["value"])


def _outcome(build: builds.BuildInfo, outputs: tuple[str, ...]) -> Outcome:
    if build.status not in _FINAL:
        return Outcome("InProgress", external_id=build.id, url=build.url, summary=build.current_phase)
    if build.status != "SUCCEEDED":
        failure = build.failure
        told = failure.message if failure else f"The build ended as {build.status}."
        phase = f"{failure.phase}: " if failure and failure.phase else ""
        # Lines count from 0, addresses of lines from 1.
        where = build.url
        if failure and failure.line is not None:
            where = f"{build.url}#L{failure.line + 1}"
        return failed("JobFailed", phase + told, external_id=build.id, url=where)
    made = {name: _made(build, name, alone=len(outputs) == 1) for name in outputs}
    missing = next((name for name, digest in made.items() if not digest), None)
    if missing:
        told = (
            f"The build made nothing for the output artifact {missing}: its buildspec names no such artifact."
        )
        return failed("JobFailed", told, external_id=build.id, url=build.url)
    return Outcome(
        "Succeeded",
        external_id=build.id,
        url=build.url,
        artifacts=tuple(
            Artifact(name, digest, blobs.path(digest).stat().st_size) for name, digest in made.items()
        ),
        variables=build.exported_variables,
    )


def _made(build: builds.BuildInfo, name: str, *, alone: bool) -> str:
    """One output is the buildspec's artifact; several are its secondary artifacts by name."""
    named = build.artifacts.get(name, "")
    return build.artifacts.get("default", named) if alone else named
