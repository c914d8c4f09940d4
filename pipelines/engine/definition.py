"""A pipeline's definition: from AWS's ``pipeline.json`` to frozen values, or to named problems."""

from collections.abc import Mapping
from typing import Any

from pipelines.engine import rules, shape
from pipelines.engine.problems import InvalidDefinition, Problem
from pipelines.engine.types import Action, ActionType, Catalog, Definition, Stage

__all__ = ["InvalidDefinition", "Problem", "check", "echo", "load", "parse", "unwrap"]


def check(document: Any, catalog: Catalog, region: str = "") -> list[Problem]:
    """Everything that is wrong with ``document``; shape first, rules only when the shape is sound."""
    problems = list(shape.PIPELINE.check(document, "pipeline"))
    if problems:
        return problems
    return list(rules.check(document, load(document), catalog, region))


def parse(document: Any, catalog: Catalog, region: str = "") -> Definition:
    """The definition that ``document`` writes down. Raises ``InvalidDefinition``."""
    problems = check(document, catalog, region)
    if problems:
        raise InvalidDefinition(problems)
    return load(document)


def unwrap(document: Any) -> Any:
    """The declaration in ``{"pipeline": …, "metadata": …}``, as GetPipeline prints it, or itself."""
    if isinstance(document, dict) and set(document) <= {"pipeline", "metadata", "tags"}:
        return document.get("pipeline", document)
    return document


def load(document: Mapping[str, Any]) -> Definition:
    """The definition of a document whose shape is sound."""
    return Definition(
        name=document["name"],
        role_arn=document["roleArn"],
        stages=tuple(
            Stage(stage["name"], tuple(_action(action) for action in stage["actions"]))
            for stage in document["stages"]
        ),
        execution_mode=document.get("executionMode") or "SUPERSEDED",
        pipeline_type=document.get("pipelineType") or "V1",
        variables={one["name"]: one.get("defaultValue") for one in document.get("variables") or ()},
    )


def _action(action: Mapping[str, Any]) -> Action:
    kind = action["actionTypeId"]
    return Action(
        name=action["name"],
        type=ActionType(kind["category"], kind["owner"], kind["provider"], kind["version"]),
        run_order=action.get("runOrder") or 1,
        configuration=dict(action.get("configuration") or {}),
        inputs=tuple(item["name"] for item in action.get("inputArtifacts") or ()),
        outputs=tuple(item["name"] for item in action.get("outputArtifacts") or ()),
        namespace=action.get("namespace") or "",
        region=action.get("region") or "",
        timeout_minutes=action.get("timeoutInMinutes"),
        role_arn=action.get("roleArn") or "",
    )


def echo(document: Mapping[str, Any], version: int) -> dict[str, Any]:
    """``document`` as reads return it: defaults filled in, ``version`` the stored one."""
    stages = [
        {**stage, "actions": [_echo_action(action) for action in stage["actions"]]}
        for stage in document["stages"]
    ]
    return {
        **{key: value for key, value in document.items() if value is not None},
        "stages": stages,
        "version": version,
        "executionMode": document.get("executionMode") or "SUPERSEDED",
        "pipelineType": document.get("pipelineType") or "V1",
    }


def _echo_action(action: Mapping[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "runOrder": 1,
        "configuration": {},
        "outputArtifacts": [],
        "inputArtifacts": [],
    }
    given = {key: value for key, value in action.items() if value is not None}
    return {"name": given["name"], "actionTypeId": given["actionTypeId"], **{**defaults, **given}}
