"""pipeline.json is judged by AWS's rules; each refusal names the path and the rule."""

import copy

import pytest

from pipelines.engine import definition
from pipelines.engine.template import simple_definition
from pipelines.engine.types import ActionSpec, ActionType

CATALOG = {
    ActionType("Source", "AWS", "CodeCommit"): ActionSpec(
        (0, 0), (1, 1), ("RepositoryName", "BranchName"), ("PollForSourceChanges",)
    ),
    ActionType("Build", "AWS", "CodeBuild"): ActionSpec(
        (1, 1), (0, 5), ("ProjectName",), ("EnvironmentVariables",)
    ),
    ActionType("Test", "AWS", "CodeBuild"): ActionSpec((1, 1), (0, 5), ("ProjectName",)),
    ActionType("Approval", "AWS", "Manual"): ActionSpec((0, 0), (0, 0), (), ("CustomData",)),
    ActionType("Deploy", "AWS", "CodeDeploy"): ActionSpec(
        (1, 1), (0, 0), ("ApplicationName", "DeploymentGroupName")
    ),
}
REGION = "us-east-1"


@pytest.fixture
def document():
    return simple_definition(
        name="web",
        repository="web",
        branch="main",
        role_arn="arn:aws:iam::123456789012:role/service/codepipeline",
        build_projects=["web-build"],
        test_projects=["web-test"],
        approval_comment="Look twice",
        application="web",
        deployment_group="production",
    )


def put(document, path, value):
    """``document`` with the value at ``path`` replaced (``...`` removes it)."""
    changed = copy.deepcopy(document)
    *way, last = path
    target = changed
    for step in way:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return changed


S, A = "stages", "actions"
BUILD = (S, 1, A, 0)
APPROVAL = (S, 2, A, 0)

RULES = [
    (("name",), "no spaces", "ValidationException", "pipeline.name"),
    (("roleArn",), ..., "ValidationException", "pipeline.roleArn"),
    (("stages",), {}, "ValidationException", "pipeline.stages"),
    (("surprise",), 1, "ValidationException", "pipeline.surprise"),
    ((*BUILD, "runOrder"), 0, "ValidationException", "pipeline.stages[1].actions[0].runOrder"),
    ((*BUILD, "runOrder"), "2", "ValidationException", "pipeline.stages[1].actions[0].runOrder"),
    (
        (*BUILD, "configuration"),
        {"ProjectName": 3},
        "ValidationException",
        "pipeline.stages[1].actions[0].configuration.ProjectName",
    ),
    (
        (*BUILD, "actionTypeId", "category"),
        "Bake",
        "ValidationException",
        "pipeline.stages[1].actions[0].actionTypeId.category",
    ),
    (("artifactStore",), ..., "InvalidStructureException", "pipeline.artifactStore"),
    (("executionMode",), "QUEUED", "InvalidStructureException", "pipeline.executionMode"),
    (("variables",), [{"name": "A"}], "InvalidStructureException", "pipeline.variables"),
    (("variables",), [{"name": "A b"}], "ValidationException", "pipeline.variables[0].name"),
    (("triggers",), [{}], "InvalidStructureException", "pipeline.triggers"),
    ((S, 1, "name"), "Source", "InvalidStageDeclarationException", "pipeline.stages[1].name"),
    (
        (S, 1, "onFailure"),
        {"result": "RETRY"},
        "InvalidStageDeclarationException",
        "pipeline.stages[1].onFailure",
    ),
    (
        (*BUILD, "configuration"),
        {},
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].configuration.ProjectName",
    ),
    (
        (*BUILD, "configuration", "Projekt"),
        "x",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].configuration.Projekt",
    ),
    (
        (*BUILD, "inputArtifacts"),
        [],
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].inputArtifacts",
    ),
    (
        (*BUILD, "inputArtifacts"),
        [{"name": "Nothing"}],
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].inputArtifacts[0].name",
    ),
    (
        (*BUILD, "name"),
        "web-test",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].name",
    ),
    (
        (*BUILD, "actionTypeId", "provider"),
        "Jenkins",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].actionTypeId",
    ),
    (
        (*BUILD, "region"),
        "eu-west-1",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].region",
    ),
    (
        (*BUILD, "timeoutInMinutes"),
        10,
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].timeoutInMinutes",
    ),
    (
        (*BUILD, "namespace"),
        "SourceVariables",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].namespace",
    ),
    (
        (*BUILD, "namespace"),
        "codepipeline",
        "InvalidActionDeclarationException",
        "pipeline.stages[1].actions[0].namespace",
    ),
    (
        (*APPROVAL, "configuration"),
        {"CustomData": "#{SourceVariables}"},
        "InvalidActionDeclarationException",
        "pipeline.stages[2].actions[0].configuration.CustomData",
    ),
    (
        (*APPROVAL, "configuration"),
        {"CustomData": "#{Nobody.Key}"},
        "InvalidActionDeclarationException",
        "pipeline.stages[2].actions[0].configuration.CustomData",
    ),
]


class TestDefinition:
    def test_of_the_common_case_is_sound(self, document):
        assert definition.check(document, CATALOG, REGION) == []

    @pytest.mark.parametrize(("path", "value", "code", "where"), RULES)
    def test_that_breaks_a_rule_is_refused_with_its_path(self, document, path, value, code, where):
        problems = definition.check(put(document, path, value), CATALOG, REGION)

        assert (code, where) in [(p.code, p.path) for p in problems], problems

    def test_with_one_stage_is_refused(self, document):
        problems = definition.check(put(document, (S,), document[S][:1]), CATALOG, REGION)

        assert "Pipeline has only 1 stage(s). There should be a minimum of 2 stages" in problems[0].message

    def test_with_a_late_source_is_refused(self, document):
        late = put(document, (S, 1, A), [*document[S][1][A], document[S][0][A][0]])

        assert "Source actions can only be included in the first stage" in str(
            definition.check(late, CATALOG, REGION)
        )

    def test_with_an_unbuilt_provider_says_what_there_is(self, document):
        changed = put(document, (*BUILD, "actionTypeId", "provider"), "ECRBuildAndPublish")

        told = definition.check(changed, CATALOG, REGION)[0].message

        assert "can only be used with V2 pipelines" in told
        assert "Available for Build with owner AWS: CodeBuild" in told

    def test_may_use_variables_of_an_earlier_action(self, document):
        changed = put(document, (*APPROVAL, "configuration"), {"CustomData": "#{SourceVariables.CommitId}"})

        assert definition.check(changed, CATALOG, REGION) == []

    def test_may_not_use_variables_of_an_action_beside_it(self, document):
        changed = put(document, (*BUILD, "namespace"), "Made")
        changed = put(changed, (S, 1, A, 1, "configuration"), {"ProjectName": "#{Made.TAG}"})

        assert "does not run before" in str(definition.check(changed, CATALOG, REGION))

    def test_is_echoed_with_its_defaults(self, document):
        declared = put(document, (*APPROVAL, "configuration"), ...)

        echoed = definition.echo(declared, 3)

        approval = echoed[S][2][A][0]
        assert (approval["runOrder"], approval["configuration"]) == (1, {})
        assert (approval["inputArtifacts"], approval["outputArtifacts"]) == ([], [])
        assert (echoed["version"], echoed["executionMode"], echoed["pipelineType"]) == (3, "SUPERSEDED", "V1")

    def test_is_taken_out_of_what_get_pipeline_prints(self, document):
        printed = {"pipeline": document, "metadata": {"created": "today"}}

        assert definition.unwrap(printed) == document
