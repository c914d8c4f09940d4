"""The rules that a definition of sound shape must keep (reference: CodePipeline, structure)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.engine import variables
from pipelines.engine.problems import ACTION, STAGE, STRUCTURE, Problem
from pipelines.engine.types import Action, Catalog, Definition

AWS_PROVIDERS = {
    "Source": ("S3", "ECR", "CodeCommit", "CodeStarSourceConnection"),
    "Build": ("CodeBuild", "ECRBuildAndPublish", "Commands"),
    "Test": ("CodeBuild", "DeviceFarm"),
    "Deploy": (
        "S3", "CloudFormation", "CloudFormationStackSet", "CloudFormationStackInstances", "CodeDeploy",
        "CodeDeployToECS", "EC2", "ECS", "EKS", "ElasticBeanstalk", "AppConfig", "OpsWorks",
        "ServiceCatalog", "Lambda",
    ),
    "Approval": ("Manual",),
    "Invoke": ("CodePipeline", "StepFunctions", "InspectorScan", "Lambda"),
    "Compute": ("Commands",),
}  # fmt: skip
V2_PROVIDERS = frozenset({"Commands", "ECRBuildAndPublish", "EKS"})
GATES = ("beforeEntry", "onSuccess", "onFailure")
UNAVAILABLE = "is not available in this version of DevOpsWeb"


def check(
    document: Mapping[str, Any], definition: Definition, catalog: Catalog, region: str
) -> Iterator[Problem]:
    """Every rule that is broken, in the order of the document."""
    yield from _store(document, region)
    yield from _features(document, definition)
    yield from _structure(definition)
    yield from _stages(document, definition)
    for s, stage in enumerate(definition.stages):
        for a, action in enumerate(stage.actions):
            path = f"pipeline.stages[{s}].actions[{a}]"
            raw = document["stages"][s]["actions"][a]
            yield from _type(path, action, definition, catalog)
            yield from _details(path, action, raw, region)
    yield from _artifacts(definition)
    yield from _namespaces(definition)


def _store(document: Mapping[str, Any], region: str) -> Iterator[Problem]:
    one, many = document.get("artifactStore"), document.get("artifactStores")
    if one is None and not many:
        yield Problem(
            STRUCTURE,
            "pipeline.artifactStore",
            "Your pipeline must have an artifact store; give artifactStore, or artifactStores by region.",
        )
    elif one is not None and many is not None:
        yield Problem(
            STRUCTURE, "pipeline.artifactStores", "give either artifactStore or artifactStores, not both."
        )
    elif many and region and region not in many:
        yield Problem(
            STRUCTURE,
            "pipeline.artifactStores",
            "Your pipeline must have an artifact store in its own region. "
            f"The following region is missing in 'pipeline.artifactStores': {region}",
        )


def _features(document: Mapping[str, Any], definition: Definition) -> Iterator[Problem]:
    v1 = definition.pipeline_type == "V1"
    if document.get("variables") and v1:
        told = "Pipeline variable can only be used with V2 pipelines."
        yield Problem(STRUCTURE, "pipeline.variables", told)
    counts = Counter(one["name"] for one in document.get("variables") or ())
    for name in [name for name, count in counts.items() if count > 1]:
        told = f"Variable names must be unique. The following name is already in use: {name}"
        yield Problem(STRUCTURE, "pipeline.variables", told)
    if document.get("triggers"):
        told = f"Triggers {UNAVAILABLE.replace('is', 'are', 1)}; leave 'triggers' out."
        old = "Triggers on tag can only be used with V2 pipelines."
        yield Problem(STRUCTURE, "pipeline.triggers", old if v1 else told)
    if definition.execution_mode != "SUPERSEDED":
        told = (
            "QUEUED or PARALLEL mode can only be used with V2 pipelines."
            if v1
            else f"The mode {definition.execution_mode} {UNAVAILABLE}; use SUPERSEDED."
        )
        yield Problem(STRUCTURE, "pipeline.executionMode", told)


def _structure(definition: Definition) -> Iterator[Problem]:
    stages = definition.stages
    path = "pipeline.stages"
    if len(stages) < 2:
        yield Problem(
            STRUCTURE,
            path,
            f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline",
        )
    if len(stages) > 50:
        yield Problem(
            STRUCTURE, path, f"Pipeline has {len(stages)} stages. A pipeline can have up to 50 stages"
        )
    actions = [action for stage in stages for action in stage.actions]
    if len(actions) > 1000:
        yield Problem(STRUCTURE, path, f"Pipeline has {len(actions)} actions. It can have up to 1000 actions")
    if stages and any(action.type.category != "Source" for action in stages[0].actions):
        yield Problem(
            STRUCTURE, f"{path}[0]", "Pipeline should start with a stage that only contains source actions"
        )
    for s, stage in enumerate(stages[1:], 1):
        for a, action in enumerate(stage.actions):
            if action.type.category == "Source":
                where = f"{path}[{s}].actions[{a}]"
                yield Problem(STRUCTURE, where, "Source actions can only be included in the first stage")
    if actions and all(action.type.category == "Source" for action in actions):
        yield Problem(
            STRUCTURE, path, "Pipeline should contain at least 1 action whose category is not Source"
        )


def _stages(document: Mapping[str, Any], definition: Definition) -> Iterator[Problem]:
    seen: set[str] = set()
    for s, stage in enumerate(definition.stages):
        path = f"pipeline.stages[{s}]"
        if stage.name in seen:
            yield Problem(STAGE, f"{path}.name", f"Stage name '{stage.name}' is used more than once")
        seen.add(stage.name)
        for gate in GATES:
            if document["stages"][s].get(gate):
                told = (
                    "Stage level conditions can only be used with V2 pipelines."
                    if definition.pipeline_type == "V1"
                    else f"The stage condition '{gate}' {UNAVAILABLE}; leave it out."
                )
                yield Problem(STAGE, f"{path}.{gate}", told)
        names = Counter(action.name for action in stage.actions)
        for a, action in enumerate(stage.actions):
            if names[action.name] > 1:
                where = f"{path}.actions[{a}].name"
                told = f"Action name '{action.name}' is used more than once in stage '{stage.name}'"
                yield Problem(ACTION, where, told)


def _type(path: str, action: Action, definition: Definition, catalog: Catalog) -> Iterator[Problem]:
    kind = action.type
    spec = catalog.get(kind)
    if spec is None:
        yield Problem(ACTION, f"{path}.actionTypeId", _unknown(action, definition, catalog))
        return
    for key in spec.required:
        if not action.configuration.get(key):
            told = (
                f"Action configuration for action '{action.name}' is missing required configuration '{key}'"
            )
            yield Problem(ACTION, f"{path}.configuration.{key}", told)
    valid = (*spec.required, *spec.optional)
    for key in action.configuration:
        if key not in valid:
            told = (
                f"Action configuration for action '{action.name}' contains unknown configuration '{key}'; "
                f"{kind} knows {', '.join(valid) or 'none'}"
            )
            yield Problem(ACTION, f"{path}.configuration.{key}", told)
    for member, names, (low, high) in (
        ("inputArtifacts", action.inputs, spec.inputs),
        ("outputArtifacts", action.outputs, spec.outputs),
    ):
        if not low <= len(names) <= high:
            count = str(low) if low == high else f"{low} to {high}"
            noun = "input" if member == "inputArtifacts" else "output"
            told = f"Action {action.name} declares {len(names)} {noun} artifacts; {kind} takes {count}"
            yield Problem(ACTION, f"{path}.{member}", told)


def _unknown(action: Action, definition: Definition, catalog: Catalog) -> str:
    kind = action.type
    here = [k.provider for k in catalog if k.category == kind.category and k.owner == kind.owner]
    offer = f"Available for {kind.category} with owner {kind.owner}: {', '.join(sorted(here)) or 'none'}."
    aws = kind.owner == "AWS" and kind.provider in AWS_PROVIDERS.get(kind.category, ())
    if kind.provider in here:
        return f"{kind} has no version '{kind.version}'; use version '1'."
    if aws and kind.provider in V2_PROVIDERS and definition.pipeline_type == "V1":
        return f"{kind.provider} Action can only be used with V2 pipelines. {offer}"
    if aws:
        return f"The action type {kind} {UNAVAILABLE}. {offer}"
    return f"There is no action type {kind} of owner {kind.owner}. {offer}"


def _details(path: str, action: Action, raw: Mapping[str, Any], region: str) -> Iterator[Problem]:
    if action.region and region and action.region != region:
        told = f"Actions in another region are not possible: this installation is the region {region}."
        yield Problem(ACTION, f"{path}.region", told)
    if action.timeout_minutes is not None and action.type.provider != "Manual":
        told = "timeoutInMinutes is for Manual approval actions only."
        yield Problem(ACTION, f"{path}.timeoutInMinutes", told)
    for member in ("commands", "environmentVariables", "outputVariables"):
        if raw.get(member):
            told = f"'{member}' belongs to Commands actions, which are not available here."
            yield Problem(ACTION, f"{path}.{member}", told)


def _precedes(producer: tuple[int, Action], consumer: tuple[int, Action]) -> bool:
    if producer[0] != consumer[0]:
        return producer[0] < consumer[0]
    return producer[1].run_order < consumer[1].run_order


def _each(definition: Definition) -> Iterator[tuple[int, int, Action]]:
    for s, stage in enumerate(definition.stages):
        for a, action in enumerate(stage.actions):
            yield s, a, action


def _artifacts(definition: Definition) -> Iterator[Problem]:
    made: dict[str, tuple[int, Action]] = {}
    for s, a, action in _each(definition):
        for o, name in enumerate(action.outputs):
            if name in made:
                told = f"Output Artifact Bundle {name} is declared by more than one action"
                yield Problem(ACTION, f"pipeline.stages[{s}].actions[{a}].outputArtifacts[{o}].name", told)
            made.setdefault(name, (s, action))
    for s, a, action in _each(definition):
        for i, name in enumerate(action.inputs):
            if name not in made or not _precedes(made[name], (s, action)):
                told = (
                    f"Input Artifact Bundle {name} in action {action.name} is not declared as "
                    "Output Artifact Bundle in any of the preceding actions"
                )
                yield Problem(ACTION, f"pipeline.stages[{s}].actions[{a}].inputArtifacts[{i}].name", told)


def _namespaces(definition: Definition) -> Iterator[Problem]:
    artifacts = {name for _, _, action in _each(definition) for name in action.outputs}
    spaces: dict[str, tuple[int, Action]] = {}
    for s, a, action in _each(definition):
        space, path = action.namespace, f"pipeline.stages[{s}].actions[{a}].namespace"
        if not space:
            continue
        if space in (variables.RESERVED, variables.OWN):
            yield Problem(ACTION, path, f"The namespace '{space}' is reserved")
        elif space in spaces or space in artifacts:
            taken = "an artifact's name" if space in artifacts else "used more than once"
            yield Problem(ACTION, path, f"The namespace '{space}' is {taken}; it must be unique")
        spaces.setdefault(space, (s, action))
    for s, a, action in _each(definition):
        for key, value in action.configuration.items():
            for reference in variables.references(value):
                told = _judge(reference, definition, spaces, (s, action))
                if told:
                    place = (
                        f"StageName=[{definition.stages[s].name}], ActionName=[{action.name}], "
                        f"ActionConfigurationKey=[{key}], VariableReferenceText=[{reference.text}]"
                    )
                    path = f"pipeline.stages[{s}].actions[{a}].configuration.{key}"
                    yield Problem(ACTION, path, f"{told} {place}")


def _judge(
    reference: variables.Reference,
    definition: Definition,
    spaces: Mapping[str, tuple[int, Action]],
    consumer: tuple[int, Action],
) -> str:
    if not reference.namespace:
        return (
            "Valid format for a pipeline execution variable reference is a namespace and a key "
            "separated by a period (.)."
        )
    if reference.namespace == variables.RESERVED:
        known = reference.key == "PipelineExecutionId"
        return "" if known else "The namespace codepipeline has the one variable PipelineExecutionId."
    if reference.namespace == variables.OWN:
        declared = reference.key in definition.variables
        return "" if declared else f"The pipeline declares no variable '{reference.key}'."
    if reference.namespace not in spaces:
        return f"No action declares the namespace '{reference.namespace}'."
    if not _precedes(spaces[reference.namespace], consumer):
        return f"The action of namespace '{reference.namespace}' does not run before this one."
    return ""
